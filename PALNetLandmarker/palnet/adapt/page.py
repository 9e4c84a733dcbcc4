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
from .convention import SCANS_FOR_ERROR, Convention, LandmarkShift
from .picture import arrows

_COLUMNS = {
    "label": "landmark",
    "name": "",
    "scans": "scans",
    "moved": "moved on",
    "before": "before, mm",
    "after": "after, mm",
    "shift": "shift, mm",
    "turns": "turns with",
}
_OWN_COLUMNS = {"label": "landmark", "scans": "scans", "error": "expected error, mm", "reach": "90 % within, mm"}


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
        rows = [_row(one, names) for one in used]
        parts.append(section("Landmarks that follow your convention", table(rows, _COLUMNS)))
    if convention.own:
        rows = [
            {"label": one.label, "scans": one.scans, "error": _known(one.error), "reach": _known(one.reach)}
            for one in convention.own
        ]
        parts.append(section("Landmarks of your own", table(rows, _OWN_COLUMNS)))
    if others:
        rows = [_row(one, names) for one in others]
        parts.append(section("Left as the model places them", details(f"{len(rows)} landmarks", table(rows, _COLUMNS))))
    says = [
        "Before and after: mean distance to your places. After is measured scan by scan, each with what the others "
        "alone say; a landmark follows your convention only where that helps.",
        "A landmark that you accept speaks for the model's place. One that you leave alone, move once or at random "
        "stays where the model places it.",
        "Shifts are in mm on the mean face. On a scan they turn with the face, or with the skin at the landmark, and "
        "grow with the face; then the landmark is put back onto the surface.",
        f"Landmarks of your own have an expected error from {SCANS_FOR_ERROR} scans on.",
    ]
    if problems:
        parts.append(section("Left out", bullets(problems)))
    return document("Your convention", [*parts, section("How to read this", bullets(says))])


def _facts(convention: Convention, marked: Sequence[LandmarkShift]) -> list[tuple[str, str, str]]:
    before, after = (
        float(np.average([getattr(one, name) for one in marked], weights=[one.scans for one in marked]))
        if marked
        else 0.0
        for name in ("before", "after")
    )
    return [
        (str(convention.scans), "scans", "with landmarks that you placed or accepted"),
        (str(len(convention.used)), "landmarks follow you", f"of {len(marked)} that you marked"),
        (f"{before:.2f} mm", "before", "mean distance to your places"),
        (f"{after:.2f} mm", "after", "on scans left out"),
        (str(len(convention.own)), "landmarks of your own", ""),
    ]


def _row(one: LandmarkShift, names: dict[str, str]) -> Row:
    row: Row = {"label": one.label, "name": names.get(one.label, ""), "scans": one.scans, "moved": one.moved}
    row |= {"before": _known(one.before), "after": _known(one.after)}
    return row | {"shift": float(np.linalg.norm(one.shift)), "turns": one.frame if one.used else ""}


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
