"""Arrows on the mean face, from the model's places to a person's: an SVG that needs no other program to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

VIEWS = (("from the right", 2, 0, -1), ("front", 0, 2, 1), ("from the left", 2, 0, 1))
"""Title, axis across, axis towards the observer, and the sign of that one."""
_WIDTH, _HEIGHT, _MARGIN = 300.0, 340.0, 16.0
_MOST_DOTS = 1500
_FACING = 0.1
_BEHIND = 0.03
"""Of the width of the face, how far beyond its middle a landmark is still drawn from the side."""
_LONGEST_MM, _FACTORS = 20.0, (10, 5, 3, 2, 1)
"""Small shifts are drawn so many times as long as they are, as long as none becomes longer than this."""
_FONT, _LETTER, _LINE = 8.0, 4.6, 9.0
"""Of the labels: size, about the width of a letter, and the height of a line."""
_DOT, _FAR, _LED = 2.4, (4.0, 9.0, 16.0, 24.0, 34.0), 12.0
"""Half the width that a landmark takes, how far from it its label may begin, and from where on a line leads there."""
_ALONG = (0.0, 0.25, 0.5, 0.75, 1.0)
_AROUND = ((1, -0.5), (1, 0.5), (-1, -0.5), (-1, 0.5), (0, -1), (0, 1), (1, 0), (-1, 0))
"""Places about the tip of an arrow, to the right and down."""
_COLOUR, _OWN_COLOUR = "#c2410c", "#2f7fd0"


def arrows(
    labels: Sequence[str], places: np.ndarray, shifts: np.ndarray, template: np.ndarray, own: Sequence[str] = ()
) -> str:
    """The picture as HTML.

    :param labels: of the landmarks, :param places: (L, 3) mm on the mean face, x to its left, y up, z forward
    :param shifts: (L, 3) mm; a landmark without one has a dot alone
    :param template: (T, 6) points and normals of the mean face, :param own: labels that are a person's own
    """
    largest = float(np.linalg.norm(shifts, axis=1).max(initial=0.0))
    times = next((factor for factor in _FACTORS if factor * largest <= _LONGEST_MM), 1)
    ends = places + times * shifts
    both = np.vstack([places, ends, template[:, :3]])
    low, high = both.min(axis=0), both.max(axis=0)
    scale = float(min((_WIDTH - 2 * _MARGIN) / (high - low)[[0, 2]].max(), (_HEIGHT - 2 * _MARGIN) / (high - low)[1]))
    parts = []
    for number, (title, across, towards, sign) in enumerate(VIEWS):
        # From the front, the subject's left is on the right; from their left, what is forward is on the left.
        flip = 1.0 if across == 0 else -float(sign)
        middle = (low + high)[across] / 2

        def at(points: np.ndarray, across: int = across, flip: float = flip, middle: float = middle) -> np.ndarray:
            x = _WIDTH / 2 + flip * (points[:, across] - middle) * scale
            return np.column_stack([x, _MARGIN + (high[1] - points[:, 1]) * scale])

        parts.append(f'<g transform="translate({number * _WIDTH:.0f} 0)">{_dots(at, template, towards, sign)}')
        width = float(np.ptp(template[:, 0]))
        near = sign * places[:, 0] > -_BEHIND * width if across == 2 else np.ones(len(places), bool)
        here, starts, tips = np.array(labels)[near], at(places[near]), at(ends[near])
        where = labels_apart([str(label) for label in here], starts, tips)
        for label, start, end, place in zip(here, starts, tips, where, strict=True):
            parts.append(_arrow(str(label), start, end, place, _OWN_COLOUR if label in own else _COLOUR))
        parts.append(
            f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 2:.0f}" text-anchor="middle" font-size="11">{title}</text></g>'
        )
    length = "as large as they are" if times == 1 else f"{times} times as long as they are"
    return (
        f'<figure><svg role="img" aria-label="Shifts on the mean face" viewBox="0 0 {3 * _WIDTH:.0f} {_HEIGHT:.0f}" '
        f'fill="currentColor">{"".join(parts)}</svg><figcaption>From where the model places a landmark to where you '
        f"do, on the mean face, {length}. Blue: landmarks of your own.</figcaption></figure>"
    )


def _dots(at: object, template: np.ndarray, towards: int, sign: int) -> str:
    facing = template[sign * template[:, 3 + towards] > _FACING]
    few = facing[:: max(1, len(facing) // _MOST_DOTS)]
    shade = 0.12 + 0.3 * (1 - np.abs(few[:, 3 + towards]))
    places = at(few[:, :3])  # type: ignore[operator]
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.3" fill-opacity="{a:.2f}"/>'
        for (x, y), a in zip(places, shade, strict=True)
    )


def labels_apart(labels: Sequence[str], starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(L, 2) where each label begins, on its baseline: beside the tip of its arrow, over no other label or arrow.

    The places about a tip are tried in turn, the near ones first; where all are taken, that which hides least counts.

    :param starts: (L, 2) of the arrows, x to the right and y down, :param ends: (L, 2) their tips
    """
    result = np.zeros((len(labels), 2))
    shafts = [start + share * (end - start) for start, end in zip(starts, ends, strict=True) for share in _ALONG]
    taken = [np.array([x - _DOT, y - _DOT, x + _DOT, y + _DOT]) for x, y in shafts]
    for k in np.lexsort((ends[:, 0], ends[:, 1])) if len(labels) else ():
        width = _LETTER * len(labels[k])
        boxes = []
        for far in _FAR:
            for right, down in _AROUND:
                left = ends[k, 0] + (far if right > 0 else -far - width if right < 0 else -width / 2)
                middle = ends[k, 1] + down * (far + _LINE / 2)
                left = float(np.clip(left, 1.0, max(_WIDTH - width - 1.0, 1.0)))
                boxes.append(np.array([left, middle - _LINE / 2, left + width, middle + _LINE / 2]))
        hidden = [sum(_overlap(box, other) for other in taken) for box in boxes]
        best = boxes[int(np.argmin(np.round(hidden, 3)))]
        taken.append(best)
        result[k] = best[0], best[3] - 0.2 * _LINE
    return result


def _overlap(box: np.ndarray, other: np.ndarray) -> float:
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    return float(sides.prod()) if (sides > 0).all() else 0.0


def _arrow(label: str, start: np.ndarray, end: np.ndarray, place: np.ndarray, colour: str) -> str:
    along = end - start
    length = float(np.linalg.norm(along))
    tip = ""
    if length > 1.0:
        unit, aside = along / length, np.array([-along[1], along[0]]) / length
        size = min(5.0, length)
        corners = [end, end - size * (unit - 0.5 * aside), end - size * (unit + 0.5 * aside)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        tip = (
            f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
            f'stroke="{colour}" stroke-width="1.6"/><polygon points="{points}" fill="{colour}"/>'
        )
    return (
        f"<g><title>{escape(label)}</title>"
        f'<circle cx="{start[0]:.1f}" cy="{start[1]:.1f}" r="2.2" fill="{colour}"/>{tip}'
        f'{_leader(label, end, place)}<text x="{place[0]:.1f}" y="{place[1]:.1f}" font-size="{_FONT:g}">'
        f"{escape(label)}</text></g>"
    )


def _leader(label: str, end: np.ndarray, place: np.ndarray) -> str:
    """A thin line to a label that stands away from its landmark."""
    corner = np.array([np.clip(end[0], place[0], place[0] + _LETTER * len(label)), place[1] - _LINE / 3])
    if np.linalg.norm(corner - end) < _LED:
        return ""
    return (
        f'<line x1="{end[0]:.1f}" y1="{end[1]:.1f}" x2="{corner[0]:.1f}" y2="{corner[1]:.1f}" '
        'stroke="currentColor" stroke-width="0.4" stroke-opacity="0.6"/>'
    )
