"""The picture of the ranges: stated against observed, coverage by landmark, risk against the share reviewed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

BAD_MM = 4.0


def draw(path: Path, raw: np.ndarray, stated: np.ndarray, reach: np.ndarray, labels: list[str]) -> None:
    """:param raw: (S, L) mm, observed, :param stated: (S, L) mm, expected, :param reach: (S, L) mm, the ranges"""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    placed = np.isfinite(raw)
    figure, (left, middle, right) = pyplot.subplots(
        1, 3, figsize=(13, 4.2), width_ratios=(1, 1.5, 1), layout="constrained"
    )
    left.loglog(stated[placed], np.maximum(raw[placed], 0.05), ".", color="#5b7c99", ms=3)
    tenths = np.array_split(np.argsort(stated[placed]), 10)
    means = np.array([[stated[placed][part].mean(), raw[placed][part].mean()] for part in tenths])
    left.plot(*means.T, "o-", color="#c2410c", label="mean of each tenth")
    left.plot([0.4, 20], [0.4, 20], color="#999999", lw=1)
    left.set(xlabel="expected error, mm", ylabel="distance of people's point, mm", title="Stated and observed")
    left.legend()
    kinds = list(dict.fromkeys(label.split("_")[0] for label in labels))
    at = {kind: [k for k, label in enumerate(labels) if label.split("_")[0] == kind] for kind in kinds}
    shown = [kind for kind in kinds if placed[:, at[kind]].any()]
    inside = [(raw[:, at[kind]] <= reach[:, at[kind]])[placed[:, at[kind]]].mean() for kind in shown]
    counts = [placed[:, at[kind]].sum() for kind in shown]
    middle.bar(range(len(shown)), inside, color="#5b7c99")
    middle.set_xticks(range(len(shown)), [f"{k}\n{n}" for k, n in zip(shown, counts, strict=True)], fontsize=7)
    middle.axhline(0.9, color="#c2410c", lw=1)
    middle.set(ylim=(0, 1.02), title="Inside the range that should hold 90 %", xlabel="landmark, points")
    order = np.argsort(-stated[placed])
    wrong = raw[placed][order] > BAD_MM
    left_over = (wrong.sum() - np.cumsum(wrong)) / len(wrong)
    right.plot(np.arange(1, len(wrong) + 1) / len(wrong), left_over, color="#c2410c", label="most doubtful first")
    right.plot([0, 1], [wrong.mean(), 0], color="#999999", lw=1, label="in any order")
    right.set(xlabel="share reviewed", ylabel="share left with an error above 4 mm", title="Risk", ylim=(0, None))
    right.legend()
    figure.savefig(path, dpi=110, pil_kwargs={"quality": 88} if path.suffix == ".jpg" else None)
