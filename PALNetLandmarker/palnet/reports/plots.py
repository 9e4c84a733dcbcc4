"""What all pictures of reports share: SVG by matplotlib in the page's own colour of ink, and landmarks on a face."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ..output import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#102030"
"""Drawn in this colour, and written as the page's own."""
COLOURS = ("#2f7fd0", "#d9822b", "#2a9d78", "#a667c4", "#8a8f98")
"""They stand out on white as on black."""
ERROR_COLOURS = "plasma"

VIEWS = ((0, 2, 1, "front"), (2, 0, -1, "left side"))
"""Axis across the picture, axis towards the observer, and the sign of the first, of a face with x to its left, y up and
z forward: from its left, x comes towards the observer and z points to the left of the picture."""
_MOST_NAMED = 8
_LONGEST = 60
"""Characters of a text in a picture."""
_TAG = re.compile(r"<[^<>]*>")
# Of the size of the mean shape.
_NAME_WIDTH, _NAME_HEIGHT = 0.25, 0.045


def available() -> bool:
    """Whether matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def face(
    labels: Sequence[str],
    values: np.ndarray,
    mean_shape: np.ndarray,
    backdrop: np.ndarray | None,
    name: str,
    what: str,
    arrows: np.ndarray | None = None,
    sides: bool = True,
) -> str:
    """A length for each landmark on the mean shape, from the front and from its left.

    The largest are named, as far as there is room.

    :param values: (L,) mm, NaN where there is none
    :param mean_shape: (L, 3) mm, x to the left, y up, z forward
    :param backdrop: (T, 6) points and normals of the surface in that frame, drawn faintly
    :param name: of the picture, one on its page; ``what``: the lengths are
    :param arrows: (L, 3) drawn from the landmarks, as long as they are to be in mm
    :param sides: the axes are surely those of a face; else the pictures are called after the axes
    """
    figure, axes = new_figure(8.6, 4.6, 2)
    known = np.isfinite(values)
    top = (float(np.percentile(values[known], 95)) if known.any() else 0.0) or 1.0
    largest = set(np.argsort(np.where(known, -values, np.inf))[: min(_MOST_NAMED, int(known.sum()))].tolist())
    drawn = None
    for panel, (across, towards, sign, title) in zip(axes, VIEWS, strict=True):
        if backdrop is not None:
            facing = backdrop[backdrop[:, 3 + towards] > 0.05]
            shade = 0.10 + 0.35 * (1 - facing[:, 3 + towards])
            colours = [(0.5, 0.5, 0.5, a) for a in shade]
            panel.scatter(sign * facing[:, across], facing[:, 1], s=14, c=colours, lw=0, rasterized=True)
        centre = mean_shape[:, towards].mean()
        near = known if towards == 2 else known & (mean_shape[:, towards] > centre - 0.05 * np.ptp(mean_shape))
        places = np.column_stack([sign * mean_shape[:, across], mean_shape[:, 1]])
        if arrows is not None:
            ends = np.column_stack([sign * arrows[:, across], arrows[:, 1]])
            panel.quiver(
                *places[near].T, *ends[near].T, angles="xy", scale_units="xy", scale=1, color=INK, width=0.004, zorder=2
            )
            panel.update_datalim((places + np.nan_to_num(ends))[near])
        drawn = panel.scatter(
            places[near, 0],
            places[near, 1],
            c=values[near],
            s=34,
            cmap=ERROR_COLOURS,
            vmin=0,
            vmax=top,
            edgecolors=INK,
            linewidths=0.6,
            zorder=3,
        )
        named: list[np.ndarray] = []
        for k in sorted((int(k) for k in np.flatnonzero(near) if int(k) in largest), key=lambda k: -values[k]):
            off = [np.abs(places[k] - place) / np.ptp(mean_shape, axis=0).max() for place in named]
            if any(x < _NAME_WIDTH and y < _NAME_HEIGHT for x, y in off):
                continue  # one name over another reads as neither
            named.append(places[k])
            # Beside the face, not on it.
            outwards = -1 if places[k, 0] < places[:, 0].mean() else 1
            offset, side = (5 * outwards, 4), "left" if outwards > 0 else "right"
            text = f"{labels[k]} {values[k]:.2g}"
            panel.annotate(text, places[k], offset, textcoords="offset points", ha=side, fontsize=7.5, zorder=4)
        panel.set_title(title if sides else f"{'xyz'[across]} and y", fontsize=9)
        panel.set_aspect("equal")
        panel.axis("off")
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=list(axes), shrink=0.7, pad=0.02, extend="max")
        bar.set_label(f"{what}, mm")
        bar.outline.set_visible(False)
    return svg(figure, name, f"{what.capitalize()} of each landmark on the mean shape")


def new_figure(width: float, height: float, panels: int = 1) -> tuple[Figure, Sequence[Axes]]:
    """A figure of a size in inches, without a window or a global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = [figure.add_subplot(1, panels, k + 1) for k in range(panels)]
    for panel in axes:
        quiet(panel)
    return figure, axes


def quiet(panel: Axes) -> None:
    """Axes that leave the data alone."""
    panel.set_facecolor("none")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(visible=True, color=INK, alpha=0.12, lw=0.6)
    panel.set_axisbelow(True)


def svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an <svg> element that fills its column and takes on the colour of the text.

    :param name: one on its page, :param title: for whoever cannot see it
    """
    from matplotlib import rc_context
    from matplotlib.text import Text

    for panel in figure.axes:
        # Names of ticks are made anew when they are drawn, unless they are set.
        for axis in (panel.xaxis, panel.yaxis):
            if any(tick.get_text() != _drawn(tick.get_text()) for tick in axis.get_ticklabels()):
                axis.set_ticks(axis.get_ticklocs(), [_drawn(tick.get_text()) for tick in axis.get_ticklabels()])
    for part in figure.findobj(Text):
        assert isinstance(part, Text)
        part.set_color(INK)
        part.set_text(_drawn(part.get_text()))
        # A label is drawn as it is: $x$ is no formula.
        part.set_parse_math(False)
        # Names of files that are not in UTF-8 have marks that no font has.
        part.set_text(part.get_text().encode("utf-8", "backslashreplace").decode())
    for panel in figure.axes:
        panel.tick_params(color=INK)
        for spine in panel.spines.values():
            spine.set_edgecolor(INK)
    text = io.StringIO()
    # Text stays text, for whoever searches the page; equal numbers give an equal file.
    with (
        rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "font.size": 9}),
        warnings.catch_warnings(),
    ):
        # Letters that the font here lacks are drawn by the reader's browser, from its fonts.
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(text, format="svg", transparent=True, dpi=160, metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    # Identical names in two pictures of one page would make one use the other's parts. A label is no tag.
    drawn = _TAG.sub(lambda tag: _own(tag[0], name), drawn[drawn.index("<svg") :])
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)


def _own(tag: str, name: str) -> str:
    """A tag in the page's colour of ink, with names that are those of this picture."""
    for mark in ('id="', 'xlink:href="#', "url(#"):
        tag = tag.replace(mark, f"{mark}{name}-")
    return tag.replace(INK, "currentColor")


def _drawn(text: str) -> str:
    """A name as there is room for it, without what a page takes for an order."""
    text = plain_text(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
