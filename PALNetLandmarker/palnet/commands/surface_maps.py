"""What the surface of one scan says by itself, against a mean, and against another visit: values, numbers, a sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..exports.surfaces import NamedSurface, written_surfaces
from ..measures.surface_change import before_and_after, point_spread, told_apart, uncertainty
from ..results import SURFACE_ENDINGS
from ..rigid import apply, rigid_fit
from ..surfaces.maps import Shift, asymmetry, asymmetry_by_region, by_region, regions_of, together
from ..surfaces.template import Template
from ..tables import Row
from .surface_pages import change_sheet, mapped, mapped_asymmetry
from .surface_population import Writer

_MEAN = "mean" + SURFACE_ENDINGS[0]
STUDY = "surfaces"
"""The folder in one of scans where a window has the study of their surfaces written."""


@dataclass(frozen=True)
class FaceMap:
    """A map of one surface.

    :ivar values: by name, (N,) mm; NaN where not known, :ivar rows: by region
    :ivar sheet: draws title, lead and parts; none of a surface by itself
    """

    values: dict[str, np.ndarray]
    rows: list[Row]
    sheet: Callable[[], tuple[str, str, list[str]]] | None = None

    def write(self, page: Path) -> str:
        """Write the sheet, and the numbers as a table beside it.

        :returns: what was written, in words
        :raises OutputError: it cannot be written
        """
        if self.sheet is None:
            return ""
        out = Writer(page.parent, False)
        out.table(page.stem, self.rows)
        out.page(page.stem, *self.sheet())
        out.write()
        return f"Saved: {page.stem}.html, and its numbers in {page.stem}.csv."


def own_surface(one: NamedSurface, template: Template) -> FaceMap:
    """How much of each region the scan shows, and how sure its points are."""
    rows: list[Row] = []
    for name, inside in regions_of(template):
        shown = inside & ~one.missing
        known = float(np.median(one.expected[shown])) if shown.any() else np.nan
        rows.append(
            {"region": name, "points": int(inside.sum()), "shown": int(shown.sum()), "expected_median_mm": known}
        )
    return FaceMap({}, rows)


def own_asymmetry(one: NamedSurface, template: Template) -> FaceMap:
    """How far each place stands out more than the one on the other side."""
    own, shown = template.surface.points, ~one.missing
    in_face = apply(rigid_fit(one.points[shown], own[shown]), one.points) if shown.any() else one.points
    sides = asymmetry(in_face, one.missing, template)
    title, caption = f"Asymmetry of {one.name}", "Outward of the mirrored other side, or inward."
    lead = "The face against its mirror image, laid on it. Lengths in mm."
    rows = asymmetry_by_region(sides, template)
    return FaceMap(
        {"asymmetry_mm": sides.outward}, rows, lambda: (title, lead, [mapped_asymmetry(title, sides, caption)])
    )


def against_mean(one: NamedSurface, path: Path, template: Template) -> FaceMap:
    """How far each place is from a mean face, laid on it without change of size.

    :param path: file of a mean, or folder with one or with surfaces
    :raises ScanError: there is no surface
    """
    mean, told = _mean(path, template)
    change = before_and_after(mean, one, np.ones(len(one.points), bool), template)
    title, lead, caption = (
        f"{one.name} against the mean",
        f"{told} Lengths in mm.",
        "Outward of the mean face, or inward.",
    )
    rows = by_region(change, template)
    return FaceMap({"from_mean_mm": change.outward}, rows, lambda: (title, lead, [mapped(title, change, caption)]))


def change(
    one: NamedSurface,
    other: NamedSurface,
    regions: Sequence[str],
    other_is_earlier: bool,
    repeats: Sequence[tuple[NamedSurface, NamedSurface]],
    template: Template,
) -> FaceMap:
    """From the earlier visit to the later one.

    :param regions: that are the same on both
    :param repeats: pairs of both, fitted to landmarks that are off at random; none: their spread is not measured
    :raises PalnetError: the scans show too little of these regions
    """
    stable = template.in_region(list(regions))

    def between(first: NamedSurface, second: NamedSurface) -> Shift:
        before, after = (second, first) if other_is_earlier else (first, second)
        return before_and_after(before, after, stable, template)

    shift = between(one, other)
    rows, again = by_region(shift, template), [between(*pair) for pair in repeats]
    values = {"outward_mm": shift.outward, "forward_mm": shift.forward}
    if again:
        rows = uncertainty(rows, shift, again, template)
        values = {
            f"{way}_mm": told_apart(getattr(shift, way), point_spread(shift, again, way, template))
            for way in ("outward", "forward")
        }
    names = (other.name, one.name) if other_is_earlier else (one.name, other.name)
    return FaceMap(values, rows, partial(change_sheet, names, list(regions), shift, rows, again))


def _mean(path: Path, template: Template) -> tuple[NamedSurface, str]:
    """A mean face, and what it is of."""
    if path.is_dir():
        path = next((one / _MEAN for one in (path, path / STUDY) if (one / _MEAN).is_file()), path)
    surfaces = written_surfaces([path])
    if len(surfaces) == 1:
        return surfaces[0], f"The mean is {path.name}."
    missing = np.stack([one.missing for one in surfaces])
    laid, mean = together(np.stack([one.points for one in surfaces]), missing, template)
    gone = np.asarray(missing.all(axis=0))
    return NamedSurface("mean", mean, gone, np.zeros(len(mean))), f"The mean is of {len(laid)} scans in {path.name}."
