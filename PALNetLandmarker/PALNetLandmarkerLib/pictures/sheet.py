"""The page of a sheet of pictures: the views of the face around a card that says what they show."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

import numpy as np
import vtk
from palnet.pipeline.prediction import Prediction
from palnet.units import mm_of

from ..palette import AMBER, ERROR_CLASSES, GREY, INK, PAPER, class_name, error_class
from ..view.drawing import Overlay, can_be_drawn, fitted, pixels_of, width_of
from .panels import FRONT, LEFT_OBLIQUE, LEFT_PROFILE, RIGHT_OBLIQUE, RIGHT_PROFILE, Panel

SIDE_SIZE = (800, 700)
FRONT_SIZE = (1040, 960)
_GUTTER = 10
_LEGEND_COLUMNS = 3
_NOTE_LINES, _NOTE_LETTERS = 4, 86
_STATE = " PREDICTION - NOT REVIEWED "
_NO_LETTERS = "(a name in other letters)"


def compose(pictures: dict[Panel, np.ndarray], prediction: Prediction, hidden: np.ndarray, title: str) -> np.ndarray:
    """The whole sheet.

    :param pictures: one for each panel, as (height, width, 3) uint8 of ``FRONT_SIZE`` or ``SIDE_SIZE``
    :param hidden: (L,) bool, landmarks that are placed but seen in none of the views
    :param title: name of the scan
    :returns: (height, width, 3) uint8, first row on top
    """
    width = 2 * SIDE_SIZE[0] + FRONT_SIZE[0] + 4 * _GUTTER
    height = 2 * SIDE_SIZE[1] + 3 * _GUTTER
    renderer = vtk.vtkRenderer()
    renderer.SetBackground(*PAPER)
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.ShowWindowOff()
    window.SetMultiSamples(8)
    window.SetSize(width, height)
    window.AddRenderer(renderer)

    overlay = Overlay(renderer)
    left, centre = _GUTTER, 2 * _GUTTER + SIDE_SIZE[0]
    right = centre + FRONT_SIZE[0] + _GUTTER
    lower, upper = _GUTTER, 2 * _GUTTER + SIDE_SIZE[1]
    front_bottom = height - _GUTTER - FRONT_SIZE[1]
    overlay.image((left, upper), pictures[RIGHT_OBLIQUE])
    overlay.image((left, lower), pictures[RIGHT_PROFILE])
    overlay.image((centre, front_bottom), pictures[FRONT])
    overlay.image((right, upper), pictures[LEFT_OBLIQUE])
    overlay.image((right, lower), pictures[LEFT_PROFILE])
    _draw_card(overlay, prediction, hidden, title, (centre + 24.0, front_bottom - 12.0), FRONT_SIZE[0] - 48.0)

    pixels = pixels_of(window)
    window.Finalize()
    return pixels


def _draw_card(
    overlay: Overlay,
    prediction: Prediction,
    hidden: np.ndarray,
    title: str,
    corner: tuple[float, float],
    width: float,
) -> None:
    """What was landmarked, how sure it is, what is missing; ``corner`` is the upper left one."""
    x, y = corner
    title = unicodedata.normalize("NFC", title)
    title = title if can_be_drawn(title) else _NO_LETTERS
    room = width - width_of(_STATE, 22, bold=True) - _GUTTER
    overlay.text((x, y - 30.0), fitted(title, 34, room, bold=True), 34, INK, bold=True)
    overlay.text((x + width, y - 30.0), _STATE, 22, PAPER, "right", bold=True, background=AMBER)
    for number, line in enumerate(_summary(prediction)):
        overlay.text((x, y - 72.0 - 28.0 * number), fitted(line, 22, width), 22, INK)

    overlay.text((x, y - 136.0), "Expected distance from the true place", 20, GREY)
    present = ~prediction.missing
    counts = np.bincount([error_class(e) for e in prediction.expected_error[present]], minlength=len(ERROR_CLASSES))
    for index, (_, color) in enumerate(ERROR_CLASSES):
        column, row = index % _LEGEND_COLUMNS, index // _LEGEND_COLUMNS
        place = (x + 14.0 + column * width / _LEGEND_COLUMNS, y - 176.0 - 38.0 * row)
        overlay.disc(place, 11.0, color)
        overlay.text((place[0] + 24.0, place[1]), f"{class_name(index)}:  {counts[index]}", 20, INK)

    for number, line in enumerate(_notes(prediction.warnings, _NOTE_LINES if hidden.any() else _NOTE_LINES + 1)):
        overlay.text((x, y - 256.0 - 25.0 * number), fitted(line, 20, width), 20, AMBER)
    if hidden.any():
        overlay.text((x, y - 377.0), f"Hidden in these views: {_labels(prediction, hidden)}", 18, GREY)
    made = f"Model {prediction.model[:40]} {prediction.model_checksum[:8]}"
    if prediction.convention:
        moved = int(prediction.shifted.sum())
        made += f" \u00b7 follows the convention {prediction.convention[:8]} ({moved} landmarks moved)"
    overlay.text((x, y - 402.0), fitted(f"{made} \u00b7 for research use only", 18, width), 18, GREY)


def _notes(warnings: Sequence[str], room: int) -> list[str]:
    """The lines of the warnings, each at least begun; where there are more than lines, the last ones, the gravest."""
    told = [textwrap.wrap(note, _NOTE_LETTERS) or [""] for note in warnings][-room:]
    while sum(map(len, told)) > room:
        longest = max(told[:-1] if any(len(note) > 1 for note in told[:-1]) else told, key=len)
        longest[-2:] = [f"{longest[-2]} ..."]
    return [line for note in told for line in note]


def _summary(prediction: Prediction) -> list[str]:
    """Two lines in numbers, one where no landmark is placed."""
    present = ~prediction.missing
    line = f"{present.sum()} of {len(prediction.protocol)} landmarks placed"
    if not present.any():
        return [line]
    median, largest, label = prediction.error_summary
    mm = mm_of(prediction.unit)
    within = f" (90 % within {np.nanmedian(prediction.range_mm):.1f})" if np.isfinite(prediction.range_mm).any() else ""
    return [line, f"Expected error: median {median:.1f} {mm}{within}, largest {largest:.1f} {mm} at {label}"]


def _labels(prediction: Prediction, chosen: np.ndarray) -> str:
    labels = [label for label, is_chosen in zip(prediction.protocol.labels, chosen, strict=True) if is_chosen]
    return textwrap.shorten(", ".join(labels), 60, placeholder=" ...")
