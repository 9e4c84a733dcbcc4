"""How far people's placements lie from a model's landmarks, fitted to their points: its expected errors and ranges.

    python Testing/benchmarks/people_ranges.py REPOSITORIES [--model face50.palnet] [--write OUT.palnet] [--plot FILE]

REPOSITORIES and predictions as for people_points.py, kept there, so that a fit costs no second run. Fitted on the
sources that choose, and on no others: for each pair of landmarks what groups of people mean by it and what is left
beside that, groups counting alike and few of them drawn to what the network says; and, in bins of the expected error,
how many times it holds nine of ten errors. Each scan's numbers, for that and for the table, are fitted without the scan
(or without all scans of its people); never by point. The model with its ranges goes to OUT.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import predictor
from palnet.pipeline.ranges import SHARE, Ranges
from people_numbers import Points, most_doubtful, rank, without_convention
from people_plot import draw
from people_points import arguments, measure

# The sources whose points the same people placed.
_SAME_PEOPLE = {"boys and a man": "simulated adults"}
# A landmark's own groups count one each, what the network says of it as one more.
_PRIOR_GROUPS = 1.0
_POWERS = (0.0, 0.5, 1.0)
_BINS = 3
_COLUMNS = (
    "fitted without", "points of", "scans", "placed", "inside the range", "groups of landmarks, least",
    "rank correlation, raw", "without conventions", "of the scan's part", "above 4 mm in the most doubtful tenth",
)  # fmt: skip


def main() -> None:
    """Print the table; write the model and the plot."""
    parser = arguments(__doc__)
    parser.add_argument("--write", type=Path, help="the model file with its ranges")
    parser.add_argument("--plot", type=Path, help="the picture for the docs")
    chosen = parser.parse_args()
    machine = predictor(chosen.model[0])
    found = measure(machine, chosen.repositories, chosen.cache)
    points = Points.together([each for _, each in found.values()])
    names = [source.name for source, (each, _) in found.items() for _ in each]
    people = np.array([_SAME_PEOPLE.get(name, name) for name in names])
    chooses = np.array([source.chooses for source, (each, _) in found.items() for _ in each])
    own = np.concatenate([without_convention(each.off) for _, each in found.values()])
    labels, mirror = machine.model.protocol.labels, np.array(machine.model.protocol.mirror())

    fit = _Fit(points, people, mirror)
    final = fit.whole(chooses, power := fit.power(chooses))
    print(f"| {' | '.join(_COLUMNS)} |\n" + "| --- " * len(_COLUMNS) + "|")
    regions = np.array([landmark.region for landmark in machine.model.protocol.landmarks])
    for title, without in (("the scan", _scan), ("all scans of its people", lambda k: people == people[k])):
        said = fit.held_out(without, chooses, power)
        for which, rows in (("choose", chooses), ("report", ~chooses), ("all", chooses | True)):
            _print(title, which, points, own, said, rows, regions)
    if chosen.write:
        machine.model.settings["ranges"] = final.to_settings()
        machine.model.save(chosen.write)
        print(f"{chosen.write}: {machine.model.checksum}")
    if chosen.plot:
        draw(chosen.plot, points.raw, *fit.held_out(_scan, chooses, power)[:2], labels)


def _scan(number: int) -> np.ndarray:
    return np.array([number])


class _Fit:
    """Fits on some of the scans."""

    def __init__(self, points: Points, people: np.ndarray, mirror: np.ndarray) -> None:
        self.points, self.people, self.mirror = points, people, mirror
        self.placed = np.isfinite(points.raw)
        self.weights = np.zeros(points.raw.shape)
        for group in set(people):
            self.weights[people == group] = 1.0 / np.sqrt(max(1, self.placed[people == group].sum()))

    def power(self, use: np.ndarray) -> float:
        """The likeliest power, for exponential errors, of the scans (S,) bool, each left out once."""
        scores = []
        for power in _POWERS:
            mean = self._left_out(use, power)
            placed = self.placed & use[:, None]
            scores.append(
                np.average(np.log(mean[placed]) + (self.points.raw / mean)[placed], weights=self.weights[placed])
            )
        return _POWERS[int(np.argmin(scores))]

    def held_out(
        self, without: Callable[[int], np.ndarray], use: np.ndarray, power: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Expected errors, ranges and the scan's part (S, L), each scan's of a fit without the scans that are named."""
        result = np.full((3, *self.points.raw.shape), np.nan)
        for k in range(len(use)):
            rest = use.copy()
            rest[without(k)] = False
            ranges = self.whole(rest, power)
            network, presence = self.points.network[k], self.points.presence[k]
            result[:2, k] = ranges.stated(network, presence)[:2]
            result[2, k] = ranges.parts(network, presence)[0]
        return result[0], result[1], result[2]

    def whole(self, use: np.ndarray, power: float) -> Ranges:
        """With the factors that hold nine of ten errors on each of the scans (S,) when the scan itself is left out."""
        mean = self._left_out(use, power)
        placed = self.placed & use[:, None]
        values, ratio, weights = mean[placed], (self.points.raw / mean)[placed], self.weights[placed]
        bounds = np.quantile(values, np.arange(1, _BINS) / _BINS)
        at = np.searchsorted(bounds, values)
        factors = [_quantile(ratio[at == bin_], weights[at == bin_]) for bin_ in range(_BINS)]
        one = self._parts(use, power)
        return Ranges(one.convention, one.own, one.usual, power, bounds, np.array(factors))

    def _left_out(self, use: np.ndarray, power: float) -> np.ndarray:
        """(S, L) mm, expected errors of the scans, each of a fit without it."""
        result = np.full(self.points.raw.shape, np.nan)
        for k in np.flatnonzero(use):
            rest = use.copy()
            rest[k] = False
            result[k] = self._parts(rest, power).stated(self.points.network[k], self.points.presence[k])[0]
        return result

    def _parts(self, use: np.ndarray, power: float) -> Ranges:
        usual = np.nanmedian(self.points.network[use], axis=0)
        usual = np.where(np.isfinite(usual), usual, np.nanmedian(usual))
        usual = (usual + usual[self.mirror]) / 2
        habits, rests = [], []
        for group in sorted(set(self.people[use])):
            off = self.points.off[use & (self.people == group)]
            known = np.isfinite(off).all(axis=-1)
            count = np.maximum(known.sum(axis=0), 1)
            habit = np.where(known[..., None], off, 0.0).sum(axis=0) / count[:, None]
            rest = np.where(known, np.linalg.norm(off - habit, axis=-1), 0.0).sum(axis=0) / count
            rest = np.where(count > 1, rest * np.sqrt(count / np.maximum(count - 1.0, 1.0)), np.nan)
            # A habit that is known of a few scans only is partly chance.
            chance = np.nan_to_num(rest, nan=0.0) ** 2 / count
            length = np.sqrt(np.maximum((habit**2).sum(axis=-1) - chance, 0.0))
            habits.append(np.where(known.any(axis=0), length, np.nan))
            rests.append(rest)
        convention, own = (self._drawn(np.array(each), usual) for each in (habits, rests))
        return Ranges(convention, own, usual, power, np.zeros(0), np.ones(1))

    def _drawn(self, groups: np.ndarray, usual: np.ndarray) -> np.ndarray:
        """(L,) mean of both sides of groups (G, L), drawn to the usual share of what the network says."""
        both = np.stack([groups, groups[:, self.mirror]])
        count = np.isfinite(both).sum(axis=(0, 1)) / 2.0
        sums = np.where(np.isfinite(both), both, 0.0).sum(axis=(0, 1)) / 2.0
        have = count > 0
        share = float(np.median((sums[have] / count[have]) / usual[have]))
        return np.asarray((sums + _PRIOR_GROUPS * share * usual) / (count + _PRIOR_GROUPS))


def _quantile(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(np.searchsorted(share, SHARE), len(values) - 1)])


def _print(
    title: str, which: str, points: Points, own: np.ndarray, said: tuple[np.ndarray, ...], rows: np.ndarray,
    regions: np.ndarray,
) -> None:  # fmt: skip
    mean, reach, scan = said
    placed = np.isfinite(points.raw) & rows[:, None]
    raw, inside = points.raw[placed], points.raw <= reach
    by_region = {
        region: inside[:, regions == region][placed[:, regions == region]].mean()
        for region in dict.fromkeys(regions)
        if placed[:, regions == region].sum() >= 5
    }
    least = min(by_region, key=lambda region: by_region[region])
    wrong = raw > 4.0
    caught = (wrong & most_doubtful(mean[placed])).sum() / max(1, wrong.sum())
    print(
        f"| {title} | {which} | {rows.sum()} | {placed.sum()} | {inside[placed].mean():.0%} "
        f"| {least} {by_region[least]:.0%} | {rank(mean[placed], raw):.2f} | {rank(mean[placed], own[placed]):.2f} "
        f"| {rank(scan[placed], own[placed]):.2f} | {caught:.0%} of {wrong.sum()} |"
    )


if __name__ == "__main__":
    main()
