"""The page of a sheet of pictures: the views of the face around a card that says what they show."""

from __future__ import annotations

import textwrap

import numpy as np
import vtk
from palnet.pipeline.prediction import Prediction
from palnet.units import mm_of

from ..palette import AMBER, ERROR_CLASSES, GREY, INK, PAPER, class_name, error_class
from ..view.drawing import Overlay, pixels_of
from .panels import FRONT, LEFT_OBLIQUE, LEFT_PROFILE, RIGHT_OBLIQUE, RIGHT_PROFILE, Panel

SIDE_SIZE = (800, 700)
FRONT_SIZE = (1040, 960)
_GUTTER = 10
_LEGEND_COLUMNS = 3
_NOTE_LINES = 4


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
    overlay.text((x, y - 30.0), textwrap.shorten(title, 42, placeholder=" ..."), 34, INK, bold=True)
    overlay.text((x + width, y - 30.0), " PREDICTION - NOT REVIEWED ", 22, PAPER, "right", bold=True, background=AMBER)
    overlay.text((x, y - 82.0), _summary(prediction), 22, INK)

    overlay.text((x, y - 136.0), "Expected distance from the true place", 20, GREY)
    present = ~prediction.missing
    counts = np.bincount([error_class(e) for e in prediction.expected_error[present]], minlength=len(ERROR_CLASSES))
    for index, (_, color) in enumerate(ERROR_CLASSES):
        column, row = index % _LEGEND_COLUMNS, index // _LEGEND_COLUMNS
        place = (x + 14.0 + column * width / _LEGEND_COLUMNS, y - 176.0 - 38.0 * row)
        overlay.disc(place, 11.0, color)
        overlay.text((place[0] + 24.0, place[1]), f"{class_name(index)}:  {counts[index]}", 20, INK)

    lines = [line for note in prediction.warnings for line in textwrap.wrap(note, 86)]
    if len(lines) > _NOTE_LINES:
        lines = [*lines[: _NOTE_LINES - 1], "..."]
    for number, line in enumerate(lines):
        overlay.text((x, y - 262.0 - 28.0 * number), line, 20, AMBER)
    if hidden.any():
        overlay.text((x, y - 374.0), f"Hidden in these views: {_labels(prediction, hidden)}", 18, GREY)
    made = f"Model {prediction.model[:40]} {prediction.model_checksum[:8]}"
    overlay.text((x, y - 402.0), f"{made} \u00b7 for research use only", 18, GREY)


def _summary(prediction: Prediction) -> str:
    """One line in numbers."""
    present = ~prediction.missing
    line = f"{present.sum()} of {len(prediction.protocol)} landmarks placed"
    if not present.any():
        return line
    median, largest, label = prediction.error_summary
    mm = mm_of(prediction.unit)
    return f"{line} \u00b7 expected error: median {median:.1f} {mm}, largest {largest:.1f} {mm} at {label}"


def _labels(prediction: Prediction, chosen: np.ndarray) -> str:
    labels = [label for label, is_chosen in zip(prediction.protocol.labels, chosen, strict=True) if is_chosen]
    return textwrap.shorten(", ".join(labels), 60, placeholder=" ...")
