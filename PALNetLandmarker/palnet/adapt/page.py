"""The page of a convention: what it changes, landmark by landmark, with arrows on the mean face."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from ..pipeline.model import Model
from ..reports.page import bullets, cards, details, document, header, section, table
from ..scans.surface import vertex_normals
from ..surfaces.template import face_template
from ..tables import Row
from .carry import BySurface
from .convention import OFF_SURFACE_MM, SCANS_FOR_ERROR, Convention, LandmarkShift, said_of_off_surface
from .picture import arrows

_COLUMNS = {
    "label": "landmark",
    "name": "",
    "scans": "scans",
    "moved": "moved on",
    "before": "before, mm",
    "after": "after, mm",
    "shift": "shift, mm",
    "turns": "moves with",
    "off": "off the surface, mm",
}
_TURNS = {"face": "the head", "surface": "the skin there"}
_OWN_COLUMNS = {
    "label": "landmark",
    "scans": "scans",
    "error": "expected error, mm",
    "reach": "90 % within, mm",
    "off": "off the surface, mm",
}


def convention_page(convention: Convention, model: Model, problems: Sequence[str] = ()) -> str:
    """The whole page, as HTML.

    :param model: that it was learned beside, :param problems: sentences on what was left out
    """
    names = {one.label: one.name for one in model.protocol.landmarks}
    used = sorted(convention.used, key=lambda one: one.after - one.before)
    others = [one for one in convention.landmarks if not one.used and one.scans]
    lead = (
        f"Learned from {convention.scans} scans beside the model {convention.model} "
        f"({convention.model_checksum[:12]}), {convention.created}."
    )
    marked = [one for one in convention.landmarks if one.scans]
    parts = [header("Your convention", lead), cards(_facts(convention, marked))]
    if used or convention.own:
        parts.append(section("What moves", _picture(convention, model)))
    if used:
        parts.append(section("Landmarks that follow your convention", _table(used, names)))
    if convention.own:
        rows = [
            {
                "label": one.label,
                "scans": one.scans,
                "error": _known(one.error),
                "reach": _known(one.reach),
                "off": _known(one.off),
            }
            for one in convention.own
        ]
        parts.append(section("Landmarks of your own", table(rows, _kept(_OWN_COLUMNS, rows))))
    if convention.off_surface:
        parts.append(section("Off the surface", bullets([said_of_off_surface(convention)])))
    if others:
        shown = details(f"{len(others)} landmarks", _table(others, names))
        parts.append(section("Left as the model places them", shown))
    says = [
        "Before and after: mean distance to your places. After is measured scan by scan, each with what the others "
        "alone say; a landmark follows your convention only where that helps by a margin that is worth it. The boxes "
        "on top are of the landmarks that follow.",
        "A landmark that you accept speaks for the model's place. One that you leave alone, move once or at random "
        "stays where the model places it.",
        "Shifts are in mm on the mean face. On a scan a shift keeps its direction to the head, or to the skin at the "
        "landmark (moves with), and is as large as the face is; then the landmark is put back onto the surface.",
        f"Landmarks of your own have an expected error from {SCANS_FOR_ERROR} scans on.",
    ]
    if problems:
        parts.append(section("Left out", bullets(problems)))
    return document("Your convention", [*parts, section("How to read this", bullets(says))])


def _facts(convention: Convention, marked: Sequence[LandmarkShift]) -> list[tuple[str, str, str]]:
    """The boxes on top: what there is, and what changes for the landmarks that follow; not for those left alone."""
    facts = [(str(convention.scans), "scans", "with landmarks that you placed or accepted")]
    used = convention.used
    if marked:
        facts.append(
            (
                str(len(used)),
                "landmark follows you" if len(used) == 1 else "landmarks follow you",
                f"of {len(marked)} that you marked",
            )
        )
    if used:
        weights = [one.scans for one in used]
        before, after = (np.average([getattr(one, k) for one in used], weights=weights) for k in ("before", "after"))
        of_these = "of this landmark" if len(used) == 1 else f"of these {len(used)} landmarks"
        facts.append((f"{before:.1f} mm", "before", f"mean distance {of_these} to your places"))
        facts.append((f"{after:.1f} mm", "after", f"mean distance {of_these}, on scans left out"))
    if convention.own or not marked:
        own = len(convention.own)
        facts.append((str(own), f"landmark{'' if own == 1 else 's'} of your own", "predicted on other scans"))
    return facts


def _table(shifts: Sequence[LandmarkShift], names: dict[str, str]) -> str:
    rows = [_row(one, names) for one in shifts]
    return table(rows, _kept(_COLUMNS, rows))


def _kept(columns: dict[str, str], rows: Sequence[Row]) -> dict[str, str]:
    """The columns but those that are about few landmarks, where there are none of these."""
    gone = {"turns"} if not any(row.get("turns") for row in rows) else set[str]()
    if not any((row.get("off") or 0.0) > OFF_SURFACE_MM for row in rows):
        gone.add("off")
    return {key: title for key, title in columns.items() if key not in gone}


def _row(one: LandmarkShift, names: dict[str, str]) -> Row:
    row: Row = {"label": one.label, "name": names.get(one.label, ""), "scans": one.scans, "moved": one.moved}
    row |= {"before": _known(one.before), "after": _known(one.after), "off": _known(one.off)}
    return row | {"shift": float(np.linalg.norm(one.shift)), "turns": _TURNS[one.frame] if one.used else ""}


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _picture(convention: Convention, model: Model) -> str:
    at = {label: k for k, label in enumerate(model.protocol.labels)}
    used = convention.used
    labels = [one.label for one in used]
    places = [model.mean_shape[at[one.label]] for one in used]
    shifts = [np.array(one.shift) for one in used]
    for own in convention.own:
        place = np.array(own.place)
        if own.carrier == "surface":
            place = place - _template_origin(model)
        labels.append(own.label)
        places.append(place)
        shifts.append(np.array(own.shift))
    names = [one.label for one in convention.own]
    return arrows(labels, np.array(places), np.array(shifts), _backdrop(model), names)


def _backdrop(model: Model) -> np.ndarray:
    """(T, 6) points and normals of the mean face; of a face, more of it than the model looks at."""
    if not BySurface.serves(model):
        return model.template
    surface = face_template().surface
    return np.hstack([surface.points - _template_origin(model), vertex_normals(surface)])


def _template_origin(model: Model) -> np.ndarray:
    """(3,) from the mean shape to the template of the surfaces: both are mean faces, about different origins."""
    template = face_template()
    on_template = dict(zip(template.labels, template.landmarks_on(template.surface.points), strict=True))
    common = [(on_template[label], place) for label, place in zip(model.protocol.labels, model.mean_shape, strict=True)
              if label in on_template]  # fmt: skip
    return np.asarray(np.mean([one - other for one, other in common], axis=0))
