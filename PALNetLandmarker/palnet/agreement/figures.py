"""The pictures of a comparison's report as SVG text; ``name`` is of the picture, one on its page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..reports.plots import COLOURS, INK, face, new_figure, quiet, svg
from ..tables import Row
from . import statistics
from .comparison import Comparison, Measure

_LONGEST_ARROW = 0.16
"""Of the size of the mean shape."""
_UNITS = {"deg": "degrees"}


def where(one: Comparison, rows: Sequence[Row], backdrop: np.ndarray | None, name: str) -> tuple[str, float]:
    """Mean difference of each landmark on the mean shape, with its bias as an arrow.

    :param rows: of :func:`palnet.agreement.tables.landmark_rows`
    :param backdrop: (T, 6) points and normals of a surface in the frame of the mean shape
    :returns: the picture, and how many times longer than the bias the arrows are
    """
    biases = np.array([[row[f"bias_{axis}_mm"] for axis in one.axes] for row in rows], dtype=float)
    longest = np.nanmax(np.linalg.norm(biases, axis=1), initial=0.0)
    size = float(np.ptp(one.mean_shape, axis=0).max())
    times = _round(_LONGEST_ARROW * size / longest) if longest > 0 else 1.0
    values = np.array([row["mean_mm"] for row in rows], dtype=float)
    labels = one.protocol.labels
    sides = "left" in one.axes
    return face(labels, values, one.mean_shape, backdrop, name, "mean difference", times * biases, sides), times


def landmarks(rows: Sequence[Row], name: str) -> str:
    """Mean difference, 95th percentile and bias of each landmark, the largest mean on top."""
    means = np.array([row["mean_mm"] for row in rows], dtype=float)
    order = np.argsort(np.where(np.isfinite(means), means, -1), kind="stable")
    figure, (panel,) = new_figure(8.6, 0.9 + 0.165 * len(order))
    at = np.arange(len(order))
    columns = {
        key: np.array([row[key] for row in rows], dtype=float)[order]
        for key in ("mean_mm", "p95_mm", "bias_mm", "intra_observer_mm")
    }
    panel.hlines(at, np.nan_to_num(columns["mean_mm"]), columns["p95_mm"], color=COLOURS[0], lw=1.2, alpha=0.45)
    panel.plot(
        columns["mean_mm"], at, "o", color=COLOURS[0], ms=5, label="mean difference, line to the 95th percentile"
    )
    panel.plot(columns["bias_mm"], at, "D", color=COLOURS[1], ms=3.5, label="bias")
    if np.isfinite(columns["intra_observer_mm"]).any():
        panel.plot(
            columns["intra_observer_mm"], at, "|", color=INK, ms=9, mew=1.6, alpha=0.75, label="one observer, twice"
        )
    panel.set_yticks(at, [rows[k]["label"] for k in order], fontsize=7.5)
    panel.set(ylim=(-0.8, len(order) - 0.2), xlabel="mm")
    panel.set_xlim(left=0)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, labelcolor=INK)
    return svg(figure, name, "Difference of each landmark")


def measures(rows: Sequence[Row], unit: str, name: str) -> str:
    """Bias with limits of agreement, and ICC with its confidence interval, of the measurements in one unit."""
    chosen = [row for row in rows if row["unit"] == unit][::-1]
    figure, (left, right) = new_figure(8.6, 0.8 + 0.19 * len(chosen), 2)
    at = np.arange(len(chosen))
    columns = {
        key: np.array([row[key] for row in chosen], dtype=float)
        for key in (
            "bias",
            "limit_low",
            "limit_high",
            "bias_ci_low",
            "bias_ci_high",
            "icc",
            "icc_ci_low",
            "icc_ci_high",
        )
    }
    left.axvline(0, color=INK, lw=0.8, alpha=0.5)
    left.hlines(at, columns["limit_low"], columns["limit_high"], color=COLOURS[0], lw=1.2)
    left.hlines(at, columns["bias_ci_low"], columns["bias_ci_high"], color=COLOURS[0], lw=4.5, alpha=0.45)
    left.plot(columns["bias"], at, "o", color=COLOURS[0], ms=4.5)
    left.set(xlabel=f"bias and limits of agreement, {_UNITS.get(unit, unit)}")
    left.set_yticks(at, [row["measure"] for row in chosen], fontsize=7.5)
    right.hlines(at, columns["icc_ci_low"], columns["icc_ci_high"], color=COLOURS[2], lw=1.2)
    right.plot(columns["icc"], at, "o", color=COLOURS[2], ms=4.5)
    # An interval of three scans reaches anywhere, and would leave no room for the others.
    lowest = max(np.nanmin(columns["icc_ci_low"], initial=0.9), np.nanmin(columns["icc"], initial=0.0))
    right.set(xlabel="ICC(2,1) and its 95 % confidence interval", xlim=(lowest - 0.02, 1.02))
    right.set_yticks(at, [])
    for panel in (left, right):
        panel.set_ylim(-0.8, len(chosen) - 0.2)
        panel.tick_params(axis="y", length=0)
    return svg(figure, name, f"Agreement of the measurements in {_UNITS.get(unit, unit)}")


def bland_altman(chosen: Sequence[Measure], titles: tuple[str, str], name: str) -> str:
    """Difference against mean, a panel for each of a few measurements, with bias and limits of agreement."""
    from matplotlib.figure import Figure

    across = min(3, len(chosen))
    down = -(-len(chosen) // across)
    figure = Figure(figsize=(8.6, 2.5 * down + 0.2), layout="constrained")
    for k, measure in enumerate(chosen):
        panel = figure.add_subplot(down, across, k + 1)
        quiet(panel)
        limits = statistics.limits_of_agreement(measure.second - measure.first)
        for ends in (limits.bias_ci, limits.low_ci, limits.high_ci):
            panel.axhspan(*ends, color=INK, alpha=0.07, lw=0)
        panel.axhline(limits.bias, color=COLOURS[0], lw=1.4)
        for limit in (limits.low, limits.high):
            panel.axhline(limit, color=COLOURS[0], lw=1, ls=(0, (4, 3)))
        panel.plot((measure.first + measure.second) / 2, measure.second - measure.first, "o", color=COLOURS[1], ms=3)
        panel.set_title(measure.definition.label, fontsize=9)
        unit = _UNITS.get(measure.definition.unit, measure.definition.unit)
        if k % across == 0:
            panel.set_ylabel(f"{titles[1]} - {titles[0]}"[:40] + f", {unit}", fontsize=8)
        if k // across == down - 1:
            panel.set_xlabel(f"mean of both, {unit}", fontsize=8)
    return svg(figure, name, "Differences of measurements against their size")


def decisions(rows: Sequence[Row], names: Sequence[str], name: str) -> str:
    """Shares of what people decided of each landmark, the one that they changed most on top.

    :param rows: of :func:`palnet.agreement.review_study.decision_rows`, of one model
    :param names: columns to stack, from the left
    """
    counts = np.array([[row[column] for column in names] for row in rows], dtype=float)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    changed = np.array([-1.0 if row["changed"] is None else row["changed"] for row in rows])
    order = np.argsort(changed, kind="stable")
    figure, (panel,) = new_figure(8.6, 0.9 + 0.165 * len(order))
    start = np.zeros(len(order))
    for column, colour in zip(names, (COLOURS[2], COLOURS[0], COLOURS[3], COLOURS[1], COLOURS[4]), strict=True):
        width = shares[order, names.index(column)]
        alpha = 0.3 if colour == COLOURS[4] else 0.85
        panel.barh(range(len(order)), width, left=start, color=colour, alpha=alpha, label=column.replace("_", " "))
        start += width
    panel.set_yticks(range(len(order)), [rows[k]["label"] for k in order], fontsize=7.5)
    panel.set(xlim=(0, 100), ylim=(-0.8, len(order) - 0.2), xlabel="scans, %")
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=5, labelcolor=INK)
    return svg(figure, name, "What people decided of each landmark")


def _round(times: float) -> float:
    """Down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(times))
    return float(max(step for step in (1, 2, 5) if step * power <= times * (1 + 1e-9)) * power)
