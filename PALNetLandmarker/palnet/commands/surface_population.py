"""What ``palnet surface`` writes of a study: means, groups, asymmetry, each scan against the mean."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ..errors import PalnetError
from ..exchange import write_together
from ..exports.surfaces import NamedSurface
from ..reports.heat_map import heat_map
from ..reports.page import bullets, document, header, section
from ..scans.surface import Surface
from ..surfaces.files import Corresponding, corresponding_files
from ..surfaces.maps import Shift, asymmetry, asymmetry_by_region, by_region, mean_of, shift, together
from ..surfaces.template import face_template
from ..tables import Row, table_text
from .surface_pages import ONE_FACE, STANDARD_ERROR, mapped, mapped_asymmetry, standard_errors


class Writer:
    """Collects results, and writes them together, so that none stands beside those of another study."""

    def __init__(self, folder: Path, decimal_comma: bool) -> None:
        self.folder, self._comma = folder, decimal_comma
        self._contents: dict[Path, str | bytes | None] = {}

    @property
    def written(self) -> list[str]:
        """The names of the results."""
        return [path.name for path in self._contents]

    def table(self, name: str, rows: list[Row]) -> None:
        self._contents[self.folder / f"{name}.csv"] = table_text(rows, self._comma)

    def page(self, name: str, title: str, lead: str, parts: list[str]) -> None:
        self._contents[self.folder / f"{name}.html"] = document(title, [header(title, lead), *parts])

    def mean(self, name: str, points: np.ndarray, missing: np.ndarray) -> None:
        """A mean face, as a surface of its own that palnet surface reads again; face frame, x left, y up, z forward."""
        in_lps = points[:, [0, 2, 1]] * [1.0, -1.0, 1.0]
        mean = Corresponding(in_lps, missing, np.zeros(len(points)))
        self._contents |= corresponding_files(mean, self.folder / f"{name}.mrk.json")

    def write(self, keep: Collection[Path] = ()) -> None:
        """
        :param keep: files that were read, and must not be replaced
        :raises OutputError: the results cannot be written; what was there stays
        """
        write_together(self._contents, keep)


def population(
    surfaces: list[NamedSurface],
    groups: dict[str, str] | None,
    options: argparse.Namespace,
    problems: list[str],
    out: Writer,
) -> None:
    """Write means, groups, asymmetry, and one scan against the mean, as the options of ``palnet surface`` ask for.

    :param groups: by the names of scans; None: there are none, :param problems: for the sheet; what is found is added
    :raises PalnetError: the groups part the scans into fewer than two
    """
    template = face_template()
    missing = np.stack([one.missing for one in surfaces])
    names = [one.name for one in surfaces]
    own = None if groups is None else parted(names, groups, options.groups)
    laid, mean = together(np.stack([one.points for one in surfaces]), missing, template)
    sides = [asymmetry(points, gone, template) for points, gone in zip(laid, missing, strict=True)]
    against = [shift(mean, points, ~gone, template) for points, gone in zip(laid, missing, strict=True)]
    by_scan = [by_region(one, template) for one in against]
    sides_by_scan = [asymmetry_by_region(one, template) for one in sides]
    out.mean("mean", mean, np.asarray(missing.all(axis=0)))
    out.table("scans", [_scan_row(*row) for row in zip(surfaces, by_scan, sides_by_scan, strict=True)])
    for name, shifts in (("against_mean", by_scan), ("asymmetry", sides_by_scan)):
        out.table(name, [{"scan": n} | row for n, rows in zip(names, shifts, strict=True) for row in rows])
    spread = _mean([one.distance for one in against])
    parts = [
        section(
            "Mean face",
            heat_map(
                Surface(mean, template.surface.triangles),
                spread,
                "How far the skin of the scans is from that of their mean, on average.",
                signed=False,
            ),
        ),
        mapped_asymmetry("Asymmetry", _mean_shift(sides), "Mean: orange where a side stands out more than the other."),
    ]
    if own is not None and groups is not None:
        parts += _groups(laid, missing, by_scan, own, out)
    if options.scan is not None:
        k = names.index(options.scan)
        parts += [
            mapped(f"{options.scan} against the mean", against[k], "Outward of the mean face, or inward.", by_scan[k]),
            mapped_asymmetry(
                f"Asymmetry of {options.scan}", sides[k], "Outward of the mirrored other side, or inward."
            ),
        ]
    off = float(np.median(np.concatenate([one.expected for one in surfaces])))
    sure = f" A point is to be expected {off:.1f} mm from its true place, mostly along the skin." if off > 0 else ""
    lead = f"{len(surfaces)} scans, laid on each other without change of size. Lengths in mm.{sure}"
    out.page("surfaces", "Corresponding surfaces", lead, [*parts, *([bullets(problems)] if problems else [])])


def _scan_row(one: NamedSurface, against: list[Row], sides: list[Row]) -> Row:
    """Of one scan: its rows of the face as a whole, see :func:`palnet.surfaces.maps.whole_face`."""
    return {
        "scan": one.name,
        "points": len(one.points),
        "missing": int(one.missing.sum()),
        "expected_median_mm": float(np.median(one.expected)),
        "from_mean_mm": against[0]["distance_mean_mm"],
        "asymmetry_mm": sides[0]["distance_mean_mm"],
    }


def _groups(
    laid: np.ndarray, missing: np.ndarray, by_scan: list[list[Row]], own: dict[str, np.ndarray], out: Writer
) -> list[str]:
    """Sections of each two groups; their means and numbers are written."""
    template, sections, written = face_template(), [], []
    means = {group: mean_of(laid[chosen], missing[chosen]) for group, chosen in own.items()}
    for group, chosen in own.items():
        out.mean(f"mean-{''.join(c if c.isalnum() else '_' for c in group)}", means[group], missing[chosen].all(axis=0))
    for first, second in itertools.combinations(own, 2):
        known = ~missing[own[first]].all(axis=0) & ~missing[own[second]].all(axis=0)
        change = shift(means[first], means[second], known, template)
        parts = [[by_scan[k] for k in np.flatnonzero(own[group])] for group in (first, second)]
        rows = standard_errors(by_region(change, template), *parts)
        written += [{"from": first, "to": second} | row for row in rows]
        counts = [len(one) for one in parts]
        notes = ONE_FACE if min(counts) < 2 else STANDARD_ERROR
        words = f"From the mean of {first} to that of {second} ({counts[0]} and {counts[1]} scans), outward or inward."
        sections.append(mapped(f"{first} and {second}", change, words, rows, [notes]))
    out.table("groups", written)
    return sections


def parted(names: Sequence[str], groups: dict[str, str], path: Path) -> dict[str, np.ndarray]:
    """Which scans (N,) each group has.

    :raises PalnetError: fewer than two groups have any
    """
    own = {group: np.array([groups.get(name) == group for name in names]) for group in sorted(set(groups.values()))}
    own = {group: chosen for group, chosen in own.items() if chosen.any()}
    if len(own) < 2:
        raise PalnetError(f"{path.name} parts the scans here into fewer than two groups: check the names of the scans.")
    return own


def _mean(values: list[np.ndarray]) -> np.ndarray:
    """Mean over surfaces of values (N,); NaN where none is known."""
    stack = np.stack(values)
    known = np.isfinite(stack)
    total, count = np.where(known, stack, 0.0).sum(axis=0), known.sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))


def _mean_shift(shifts: list[Shift]) -> Shift:
    vectors = np.column_stack([_mean([one.vectors[:, k] for one in shifts]) for k in range(3)])
    base = np.mean([one.base for one in shifts], axis=0)
    return Shift(base, vectors, _mean([one.outward for one in shifts]), _mean([one.forward for one in shifts]))
