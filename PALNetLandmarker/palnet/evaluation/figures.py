"""The pictures of an evaluation's report as SVG text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..measures import metrics
from ..protocols.mean_shape import axes_are_sure
from ..reports.plots import COLOURS, ERROR_COLOURS, INK, face, new_figure, svg
from .results import Evaluation

_MOST_NAMED = 60


def picture(evaluation: Evaluation, mean_shape: np.ndarray, backdrop: np.ndarray | None = None) -> str:
    """Each landmark's mean error on the mean shape, from the front and from its left.

    :param mean_shape: (L, 3) mm, x to the left, y up, z forward
    :param backdrop: (T, 6) points and normals of the surface in that frame, drawn faintly
    """
    labels, means = evaluation.protocol.labels, _landmark_means(evaluation)
    sides = axes_are_sure(mean_shape, evaluation.protocol)
    return face(labels, means, mean_shape, backdrop, "picture", "mean error", sides=sides)


def curve(evaluations: Sequence[Evaluation]) -> str:
    """Share of all landmarks within each error, one line a method; what was not placed never comes within."""
    figure, (panel,) = new_figure(4.6, 3.4)
    first = evaluations[0]
    reach = max([2.0 * first.limits[1], *(one.points().p95 for one in evaluations if one.points().placed)])
    reach = min(reach, 5 * first.limits[1])
    at = np.linspace(0, reach, 200)
    for colour, one in zip(_colours(evaluations), evaluations, strict=True):
        share = 100 * metrics.cumulative(one.errors, one.truth, one.shown, at)
        panel.plot(at, share, color=colour, lw=2, label=one.method)
    for limit in first.limits:
        panel.axvline(limit, color=INK, lw=0.8, alpha=0.35, ls=(0, (4, 3)))
    panel.set(xlim=(0, reach), ylim=(0, 101), xlabel="error, mm", ylabel="landmarks within it, %")
    if len(evaluations) > 1:
        panel.legend(frameon=False, loc="lower right", labelcolor=INK)
    return svg(figure, "curve", "Share of the landmarks within each error")


def calibration(evaluations: Sequence[Evaluation]) -> str:
    """Expected beside observed error in tenths, with the band of 20 %; empty where no method says its error."""
    tenths = [metrics.calibration(one.errors, one.expected) for one in evaluations]
    if not any(tenths):
        return ""
    figure, (panel,) = new_figure(4.6, 3.4)
    top = 1.1 * max(max(t.expected, t.observed) for part in tenths for t in part)
    line = np.array([0, top])
    panel.fill_between(line, 0.8 * line, 1.2 * line, color=INK, alpha=0.09, lw=0)
    panel.plot(line, line, color=INK, lw=0.8, alpha=0.5)
    for colour, one, part in zip(_colours(evaluations), evaluations, tenths, strict=True):
        if part:
            panel.plot(
                [t.expected for t in part], [t.observed for t in part], "o-", color=colour, ms=4.5, label=one.method
            )
    panel.set(xlim=(0, top), ylim=(0, top), xlabel="expected error, mm", ylabel="observed error, mm")
    if sum(map(bool, tenths)) > 1:
        panel.legend(frameon=False, loc="upper left", labelcolor=INK)
    return svg(figure, "calibration", "Expected and observed error in tenths of the landmarks")


def landmarks(evaluations: Sequence[Evaluation]) -> str:
    """Mean error of each landmark, the worst on top, with the observer's own beside where the protocol states it."""
    first = evaluations[0]
    means = [_landmark_means(one) for one in evaluations]
    order = np.argsort(np.where(np.isfinite(means[0]), means[0], -1), kind="stable")
    figure, (panel,) = new_figure(8.6, 0.9 + 0.165 * len(order))
    rows = np.arange(len(order))
    stated = np.array(
        [np.nan if one.intra_observer_mm is None else one.intra_observer_mm for one in first.protocol.landmarks]
    )
    if np.isfinite(stated).any():
        panel.plot(stated[order], rows, "|", color=INK, ms=9, mew=1.6, alpha=0.75, label="one observer, twice")
    top = 1.25 * max(np.nanmax(means[0], initial=0), np.nanmax(stated, initial=0)) or 1.0
    for colour, one, values in reversed(list(zip(_colours(evaluations), evaluations, means, strict=True))):
        panel.plot(
            np.minimum(values[order], top), rows, "o", color=colour, ms=5, label=one.method, clip_on=False, zorder=3
        )
    panel.hlines(rows, 0, np.nan_to_num(means[0][order]), color=_colours(evaluations)[0], lw=1, alpha=0.35)
    panel.set_yticks(rows, [first.protocol.labels[k] for k in order], fontsize=7.5)
    panel.set(ylim=(-0.8, len(order) - 0.2), xlabel="mean error, mm")
    panel.set_xlim(0, top)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    if len(evaluations) > 1 or np.isfinite(stated).any():
        panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=5, labelcolor=INK)
    return svg(figure, "landmarks", "Mean error of each landmark")


def matrix(evaluation: Evaluation) -> str:
    """Mean absolute error of the distance of each pair of landmarks."""
    values = metrics.distance_errors(evaluation.found, evaluation.truth, evaluation.shown)
    figure, (panel,) = new_figure(7.4, 6.4)
    image = panel.imshow(values, cmap=ERROR_COLOURS, vmin=0, interpolation="nearest")
    panel.grid(visible=False)
    labels = evaluation.protocol.labels
    named = range(len(labels)) if len(labels) <= _MOST_NAMED else []
    panel.set_xticks(list(named), [labels[k] for k in named], rotation=90, fontsize=6)
    panel.set_yticks(list(named), [labels[k] for k in named], fontsize=6)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=panel, shrink=0.7, pad=0.02)
    bar.set_label("mean error of the distance, mm")
    bar.outline.set_visible(False)
    return svg(figure, "matrix", "Mean error of the distances between landmarks")


def _landmark_means(evaluation: Evaluation) -> np.ndarray:
    return np.array([evaluation.points([k]).mean for k in range(len(evaluation.protocol))])


def _colours(evaluations: Sequence[Evaluation]) -> list[str]:
    return [COLOURS[min(k, len(COLOURS) - 1)] for k in range(len(evaluations))]
