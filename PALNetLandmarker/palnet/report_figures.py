"""The report's pictures as SVG text, drawn by matplotlib in the page's own colour of ink, to read on light and dark."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import metrics
from .evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Drawn in this colour, and written as the page's own.
_INK = "#102030"
COLOURS = ("#2f7fd0", "#d9822b", "#2a9d78", "#a667c4", "#8a8f98")
"""One for each method; they stand out on white as on black."""
_ERROR_COLOURS = "plasma"
_MOST_NAMED = 60


def available() -> bool:
    """Whether matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def picture(evaluation: Evaluation, mean_shape: np.ndarray, backdrop: np.ndarray | None = None) -> str:
    """Each landmark's mean error on the mean shape, from the front and from its left.

    :param mean_shape: (L, 3) mm, x to the left, y up, z forward
    :param backdrop: (T, 6) points and normals of the surface in that frame, drawn faintly
    """
    figure, axes = _figure(8.6, 4.6, 2)
    means = _landmark_means(evaluation)
    known = np.isfinite(means)
    top = float(np.percentile(means[known], 95)) if known.any() else 1.0
    worst = set(np.argsort(np.where(known, -means, np.inf))[: min(8, int(known.sum()))].tolist())
    drawn = None
    # From the subject's left, x comes towards the observer and z points to the left of the picture.
    for panel, (across, towards, name) in zip(axes, ((0, 2, "front"), (2, 0, "left side")), strict=True):
        sign = 1 if across == 0 else -1
        if backdrop is not None:
            facing = backdrop[backdrop[:, 3 + towards] > 0.05]
            shade = 0.10 + 0.35 * (1 - facing[:, 3 + towards])
            panel.scatter(
                sign * facing[:, across],
                facing[:, 1],
                s=14,
                c=[(0.5, 0.5, 0.5, a) for a in shade],
                lw=0,
                rasterized=True,
            )
        centre = mean_shape[:, towards].mean()
        near = known if towards == 2 else known & (mean_shape[:, towards] > centre - 0.05 * np.ptp(mean_shape))
        drawn = panel.scatter(
            sign * mean_shape[near, across],
            mean_shape[near, 1],
            c=means[near],
            s=34,
            cmap=_ERROR_COLOURS,
            vmin=0,
            vmax=top,
            edgecolors=_INK,
            linewidths=0.6,
        )
        for k in np.flatnonzero(near):
            if int(k) in worst:
                place = (sign * mean_shape[k, across], mean_shape[k, 1])
                text = f"{evaluation.protocol.labels[k]} {means[k]:.2g}"
                panel.annotate(text, place, (5, 4), textcoords="offset points", fontsize=7.5)
        panel.set_title(name, fontsize=9)
        panel.set_aspect("equal")
        panel.axis("off")
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=list(axes), shrink=0.7, pad=0.02, extend="max")
        bar.set_label("mean error, mm")
        bar.outline.set_visible(False)
    return _svg(figure, "picture", "Mean error of each landmark on the mean shape")


def curve(evaluations: Sequence[Evaluation]) -> str:
    """Share of all landmarks within each error, one line a method; what was not placed never comes within."""
    figure, (panel,) = _figure(4.6, 3.4)
    first = evaluations[0]
    reach = max([2.0 * first.limits[1], *(one.points().p95 for one in evaluations if one.points().placed)])
    reach = min(reach, 5 * first.limits[1])
    at = np.linspace(0, reach, 200)
    for colour, one in zip(_colours(evaluations), evaluations, strict=True):
        share = 100 * metrics.cumulative(one.errors, one.truth, one.shown, at)
        panel.plot(at, share, color=colour, lw=2, label=one.method)
    for limit in first.limits:
        panel.axvline(limit, color=_INK, lw=0.8, alpha=0.35, ls=(0, (4, 3)))
    panel.set(xlim=(0, reach), ylim=(0, 101), xlabel="error, mm", ylabel="landmarks within it, %")
    if len(evaluations) > 1:
        panel.legend(frameon=False, loc="lower right", labelcolor=_INK)
    return _svg(figure, "curve", "Share of the landmarks within each error")


def calibration(evaluations: Sequence[Evaluation]) -> str:
    """Expected beside observed error in tenths, with the band of 20 %; empty where no method says its error."""
    tenths = [metrics.calibration(one.errors, one.expected) for one in evaluations]
    if not any(tenths):
        return ""
    figure, (panel,) = _figure(4.6, 3.4)
    top = 1.1 * max(max(t.expected, t.observed) for part in tenths for t in part)
    line = np.array([0, top])
    panel.fill_between(line, 0.8 * line, 1.2 * line, color=_INK, alpha=0.09, lw=0)
    panel.plot(line, line, color=_INK, lw=0.8, alpha=0.5)
    for colour, one, part in zip(_colours(evaluations), evaluations, tenths, strict=True):
        if part:
            panel.plot(
                [t.expected for t in part], [t.observed for t in part], "o-", color=colour, ms=4.5, label=one.method
            )
    panel.set(xlim=(0, top), ylim=(0, top), xlabel="expected error, mm", ylabel="observed error, mm")
    if sum(map(bool, tenths)) > 1:
        panel.legend(frameon=False, loc="upper left", labelcolor=_INK)
    return _svg(figure, "calibration", "Expected and observed error in tenths of the landmarks")


def landmarks(evaluations: Sequence[Evaluation]) -> str:
    """Mean error of each landmark, the worst on top, with the observer's own beside where the protocol states it."""
    first = evaluations[0]
    means = [_landmark_means(one) for one in evaluations]
    order = np.argsort(np.where(np.isfinite(means[0]), means[0], -1), kind="stable")
    figure, (panel,) = _figure(8.6, 0.9 + 0.165 * len(order))
    rows = np.arange(len(order))
    stated = np.array(
        [np.nan if one.intra_observer_mm is None else one.intra_observer_mm for one in first.protocol.landmarks]
    )
    if np.isfinite(stated).any():
        panel.plot(stated[order], rows, "|", color=_INK, ms=9, mew=1.6, alpha=0.75, label="one observer, twice")
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
        panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=5, labelcolor=_INK)
    return _svg(figure, "landmarks", "Mean error of each landmark")


def matrix(evaluation: Evaluation) -> str:
    """Mean absolute error of the distance of each pair of landmarks."""
    values = metrics.distance_errors(evaluation.found, evaluation.truth, evaluation.shown)
    figure, (panel,) = _figure(7.4, 6.4)
    image = panel.imshow(values, cmap=_ERROR_COLOURS, vmin=0, interpolation="nearest")
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
    return _svg(figure, "matrix", "Mean error of the distances between landmarks")


def _landmark_means(evaluation: Evaluation) -> np.ndarray:
    return np.array([evaluation.points([k]).mean for k in range(len(evaluation.protocol))])


def _colours(evaluations: Sequence[Evaluation]) -> list[str]:
    return [COLOURS[min(k, len(COLOURS) - 1)] for k in range(len(evaluations))]


def _figure(width: float, height: float, panels: int = 1) -> tuple[Figure, Sequence[Axes]]:
    """A figure of a size in inches, without a window or a global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = [figure.add_subplot(1, panels, k + 1) for k in range(panels)]
    for panel in axes:
        panel.set_facecolor("none")
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(visible=True, color=_INK, alpha=0.12, lw=0.6)
        panel.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an <svg> element that fills its column and takes on the colour of the text."""
    from matplotlib import rc_context
    from matplotlib.text import Text

    for part in figure.findobj(Text):
        assert isinstance(part, Text)
        part.set_color(_INK)
    for panel in figure.axes:
        panel.tick_params(color=_INK)
        for spine in panel.spines.values():
            spine.set_edgecolor(_INK)
    text = io.StringIO()
    # Text stays text, for whoever searches the page; equal numbers give an equal file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "font.size": 9}):
        figure.savefig(text, format="svg", transparent=True, dpi=160, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    # Identical names in two pictures of one page would make one use the other's parts.
    return (
        svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
        .replace('id="', f'id="{name}-')
        .replace('xlink:href="#', f'xlink:href="#{name}-')
        .replace("url(#", f"url(#{name}-")
    )
