"""Tables of measurements and of asymmetry, scan by scan and over groups of scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..protocols.measurement_definition import Measurement
from ..protocols.protocol import Protocol
from ..protocols.symmetry import face_axes, midsagittal_plane, side_differences
from ..tables import Row

EVERYONE = "all"
"""Name of the group of all scans."""

_AXES = ("lateral_mm", "vertical_mm", "depth_mm")


@dataclass(frozen=True)
class MeasuredScans:
    """What was measured of several scans.

    :ivar names: of the S scans
    :ivar definitions: of the M measurements
    :ivar values: (S, M) in their units, NaN where missing
    :ivar relative: names of scans of no known unit: their mm are those of a face of mean size
    """

    names: tuple[str, ...]
    definitions: tuple[Measurement, ...]
    values: np.ndarray
    relative: frozenset[str] = frozenset()

    def wide(self) -> list[Row]:
        """A row for each scan, a column for each measurement, named after it and its unit.

        Where a scan has no known unit, a column says of each scan what its mm are.
        """
        columns = [f"{one.label} {one.unit}" for one in self.definitions]
        rows = [
            {"scan": name, **dict(zip(columns, row.tolist(), strict=True))}
            for name, row in zip(self.names, self.values, strict=True)
        ]
        return with_lengths(rows, self.relative)

    def _unit(self, unit: str, names: Sequence[str]) -> str:
        """The unit of what was measured of some scans, which says where it is no real one."""
        count = sum(name in self.relative for name in names)
        if not count or not unit.startswith("mm"):
            return unit
        return f"relative {unit}" if count == len(names) else f"{unit}, of {count} relative"

    def long(self) -> list[Row]:
        """A row for each measurement of each scan."""
        return [
            {"scan": name, **_said(one), "value": float(value), "unit": self._unit(one.unit, [name])}
            for name, row in zip(self.names, self.values, strict=True)
            for one, value in zip(self.definitions, row, strict=True)
        ]

    def by_group(self, groups: Mapping[str, str]) -> list[Row]:
        """A row for each measurement of all scans, then of each group, in the order of the groups' names.

        SD is that of a sample, with n - 1; it is missing where n is 1.

        :param groups: of scans by name; a scan without one counts among all only
        """
        rows = []
        for group in (EVERYONE, *sorted(set(groups.values()))):
            inside = np.array([group == EVERYONE or groups.get(name) == group for name in self.names])
            names = [name for name, yes in zip(self.names, inside, strict=True) if yes]
            for k, one in enumerate(self.definitions):
                unit = self._unit(one.unit, names)
                rows.append({"group": group, **_said(one), "unit": unit, **_summed(self.values[inside, k])})
        return rows


def with_lengths(rows: list[Row], relative: frozenset[str]) -> list[Row]:
    """Rows with a column that says what the mm of each scan are; as they are where all are real.

    :param relative: names of scans of no known unit
    """
    if not relative:
        return rows
    return [{"scan": row["scan"], "lengths": "relative mm" if row["scan"] in relative else "mm", **row} for row in rows]


def asymmetry_rows(
    names: Sequence[str], points: np.ndarray, protocol: Protocol, reference: np.ndarray | None
) -> list[Row]:
    """A row for each pair and each landmark of the midline of each scan; empty where the protocol has no pairs.

    The right landmark is mirrored by the midsagittal plane. The columns say where the left one lies from there, in mm
    of the face frame (farther from the midline, higher, farther forward where positive), and how far it is. A landmark
    of the midline has its distance from the plane, positive to the subject's left.

    :param points: (S, L, 3) mm, NaN where missing
    :param reference: (L, 3) as in :func:`palnet.protocols.symmetry.face_axes`; without it only distances are known
    """
    mirror = protocol.mirror()
    alone = mirror == np.arange(len(mirror))
    if alone.all():
        return []
    midline = alone & ~protocol.unpaired()
    shown = [k for k, one in enumerate(protocol.landmarks) if midline[k] or (one.side == "left" and not alone[k])]
    rows = []
    for name, places in zip(names, points, strict=True):
        plane = midsagittal_plane(places, protocol)
        away = np.full(places.shape, np.nan) if plane is None else side_differences(places, protocol, plane)
        axes = face_axes(places, reference, plane)
        along = away @ axes.T if axes is not None else np.full(places.shape, np.nan)
        # A point of the midline is compared with the plane alone: what is left of the other axes are rounding errors.
        along[midline, 1:] = np.nan
        if plane is not None:
            along[:, 0] = away @ plane.normal
        for k in shown:
            row: Row = {"scan": name, "landmark": protocol.labels[k], "mirror": protocol.labels[mirror[k]]}
            rows.append({**row, **dict(zip(_AXES, along[k].tolist(), strict=True)), "distance_mm": _length(away[k])})
    return rows


def asymmetry_sums(rows: Sequence[Row]) -> list[Row]:
    """A row for each scan: mean size of the differences of its pairs, by axis and in all; midline points do not count.

    :param rows: of :func:`asymmetry_rows`
    """
    sums = []
    for name in dict.fromkeys(row["scan"] for row in rows):
        pairs = [row for row in rows if row["scan"] == name and row["landmark"] != row["mirror"]]
        known = [row for row in pairs if np.isfinite(row["distance_mm"])]
        means = {f"mean_{key}": _mean([abs(row[key]) for row in known]) for key in (*_AXES, "distance_mm")}
        sums.append({"scan": name, "pairs": len(known), **means})
    return sums


def _said(one: Measurement) -> Row:
    return {"measurement": one.label, "name": one.name, "kind": one.kind}


def _summed(values: np.ndarray) -> Row:
    known = values[np.isfinite(values)]
    some = len(known) > 0
    return {
        "n": len(known),
        "missing": len(values) - len(known),
        "mean": _mean(known.tolist()),
        "sd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        "min": float(known.min()) if some else np.nan,
        "max": float(known.max()) if some else np.nan,
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _length(vector: np.ndarray) -> float:
    return float(np.linalg.norm(vector))
