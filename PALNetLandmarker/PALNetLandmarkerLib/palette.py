"""Colours of expected errors and of the sheet of pictures."""

from __future__ import annotations

import numpy as np

Color = tuple[float, float, float]

# Upper bound of the expected error in mm, and its colour: told apart by colour-blind readers too, warmer is worse.
ERROR_CLASSES: tuple[tuple[float, Color], ...] = (
    (1.0, (0.00, 0.45, 0.70)),
    (2.0, (0.00, 0.65, 0.52)),
    (3.0, (0.72, 0.80, 0.20)),
    (4.0, (0.96, 0.70, 0.10)),
    (6.0, (0.87, 0.38, 0.05)),
    (np.inf, (0.62, 0.05, 0.15)),
)

# Points on the face: a person has decided on them, or has not. They stand out from skin and from each other.
REVIEWED: Color = (0.0, 0.50, 0.20)
UNREVIEWED: Color = (0.12, 0.12, 0.22)
GHOST: Color = (0.36, 0.25, 0.80)
CHOSEN: Color = (0.85, 0.0, 0.55)
MEASURED: Color = (0.05, 0.30, 0.75)
# Of two observers, as in the report.
FIRST: Color = (0.18, 0.50, 0.82)
SECOND: Color = (0.85, 0.51, 0.17)

# Regions of a face, told apart with any colour vision (after Paul Tol's muted scheme, lighter).
REGIONS: dict[str, Color] = {
    "forehead": (0.36, 0.30, 0.62),
    "nasal root": (0.90, 0.84, 0.58),
    "orbit": (0.42, 0.74, 0.68),
    "nose": (0.84, 0.52, 0.58),
    "lips": (0.62, 0.30, 0.46),
    "cheek": (0.62, 0.84, 0.94),
    "chin": (0.68, 0.68, 0.36),
    "ear": (0.74, 0.42, 0.68),
    "neck": (0.26, 0.58, 0.36),
}

SKIN: Color = (0.86, 0.80, 0.76)
INK: Color = (0.13, 0.15, 0.19)
GREY: Color = (0.42, 0.45, 0.50)
AMBER: Color = (0.75, 0.38, 0.0)
PAPER: Color = (1.0, 1.0, 1.0)
BACKDROP_TOP: Color = (0.965, 0.972, 0.980)
BACKDROP_BOTTOM: Color = (0.90, 0.92, 0.94)


def error_class(expected_error: float) -> int:
    """Index into ``ERROR_CLASSES`` of an expected error in mm; the worst class where it is not known."""
    bounds = [bound for bound, _ in ERROR_CLASSES]
    return (
        int(np.searchsorted(bounds, expected_error, side="right")) if np.isfinite(expected_error) else len(bounds) - 1
    )


def class_name(index: int) -> str:
    """What a legend says beside the colour of a class, for example ``1-2 mm``."""
    bound = ERROR_CLASSES[index][0]
    if index == 0:
        return f"under {bound:.0f} mm"
    below = ERROR_CLASSES[index - 1][0]
    return f"{below:.0f}-{bound:.0f} mm" if np.isfinite(bound) else f"over {below:.0f} mm"
