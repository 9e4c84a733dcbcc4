"""Degraded synthetic scans of test subjects: how good the landmarks are, and whether the model knows how good they are.

    python Testing/benchmarks/trust.py [--scans 200] [--young 0.0] [--open-mouths 0.0] [--model FILE]

The scans of ``palnet evaluate --population``, in random poses and units, half of them with 2,000 to 500,000 vertices;
those that show less than a third of the landmarks are left out. A refused scan counts as not aligned. Expected errors
are the network's own, which are of true places, and not what people's placements make of them (people_ranges.py).
"""

from __future__ import annotations

import numpy as np
from common import options, predictor, test_scans
from palnet.evaluation.results import Evaluation, evaluate, synthetic_cases
from palnet.evaluation.tables import landmark_rows, overall, region_rows, scan_rows


def main() -> None:
    """Print the tables."""
    shares = {"young": (float, 0.0, "share of children"), "open-mouths": (float, 0.0, "share of wide open mouths")}
    chosen = options(__doc__, scans=(int, 200, "scans"), **shares)
    machine = predictor(chosen.model)
    machine.ranges = None
    source = test_scans(young=chosen.young, open_mouths=chosen.open_mouths)
    results = tuple(evaluate(machine, case) for case in synthetic_cases(source, chosen.scans))
    one = Evaluation(machine.model.name, "synthetic scans", machine.model.protocol, results)
    sums = overall(one)
    points = sums["points"]
    print(f"aligned {sums['aligned']} of {sums['scans']}; refused {sums['refused']}")
    for row in scan_rows(one):
        if not row["aligned"]:
            said = row["failure"] or f"mean error {row['mean_mm']:.1f} mm"
            print(f"  {row['scan']}: {said}")
    good, bad = (f"under {limit:g} mm {share:.0%}" for limit, share in zip(one.limits, points["within"], strict=True))
    print(
        f"visible landmarks: mean {points['mean']:.2f}, median {points['median']:.2f}, "
        f"95th percentile {points['p95']:.2f} mm; {good}, {bad}; seconds a scan, median {sums['seconds_median']:.2f}"
    )
    wrong = one.errors[np.isfinite(one.errors)] > one.limits[1]
    print(
        f"errors above {one.limits[1]:g} mm: {wrong.sum()} of {len(wrong)}; "
        f"{sums['bad_caught_among_tenth_most_doubtful']:.1%} of them among the most doubtful 10 %"
    )
    print("| landmarks | mean, mm | hidden | called missing | visible | called missing |")
    print("| --- | --- | --- | --- | --- | --- |")
    indices = one.region_landmarks()
    for row in region_rows(one):
        print(_missing_row(row["region"], row["mean_mm"], one, indices[row["region"]]))
    print(_missing_row("all", points["mean"], one, list(range(len(one.protocol)))))
    print("| expected, mm | landmarks | observed mean, mm | observed / expected |\n| --- | --- | --- | --- |")
    for tenth in sums["calibration"]:
        expected, observed = tenth["expected"], tenth["observed"]
        print(f"| {expected:.2f} | {tenth['count']} | {observed:.2f} | {observed / expected:.2f} |")
    print("| landmark | mean, mm |\n| --- | --- |")
    for row in landmark_rows(one):
        print(f"| {row['label']} | {row['mean_mm']:.2f} |")


def _missing_row(name: str, mean: float, one: Evaluation, landmarks: list[int]) -> str:
    shown = one.shown[one.accepted][:, landmarks]
    hidden, visible = one.called_missing(landmarks)
    return f"| {name} | {mean:.2f} | {(~shown).sum()} | {hidden:.1%} | {shown.sum()} | {visible:.1%} |"


if __name__ == "__main__":
    main()
