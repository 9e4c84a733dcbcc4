"""Whether what a model file holds can be a model: before it is unpacked, and where its checksum is right."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError
from ..files import regular
from .prediction import is_finite_number
from .ranges import Ranges

# Weights hardly shrink when they are packed; what unpacks to many times its size is no model.
_MOST_TIMES = 50
_ALWAYS_ALLOWED = 64 << 20
# Weights are of the size of 1, places of 1000; beyond this, sums end at infinity.
_LARGEST = 1e6


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a model file, each of the size that its file has.

    :raises ModelError: it cannot be opened, or holds more than there is room for
    :raises Exception: as NumPy, zip and zlib have it for a damaged file
    """
    try:
        with regular(path).open("rb") as file:
            packed = file.seek(0, 2)
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be opened: {error.strerror or error}.") from error
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > max(_ALWAYS_ALLOWED, _MOST_TIMES * packed):
            raise ModelError(f"{path.name} would unpack to {unpacked / 1e9:.1f} GB, which no landmark model does.")
        for entry in entries:
            with archive.open(entry) as member:
                # A header may ask for any size; NumPy asks for that memory before it reads.
                version = np.lib.format.read_magic(member)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(member)
                if math.prod(shape) * dtype.itemsize > entry.file_size:
                    raise ValueError(f"{entry.filename} is shorter than its header says")
    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def check_numbers(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Check that all numbers of a model are numbers.

    :param name: of the file
    :raises ModelError: one is NaN or infinite, or an array holds something else
    """
    for key, value in arrays.items():
        if value.dtype.kind not in "fiub":
            raise ModelError(f"{name} is not a complete landmark model: '{key}' holds no numbers.")
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise ModelError(f"{name} cannot be used: '{key}' holds values that are no numbers. Get it again.")
        if value.size and not -_LARGEST < value.min() <= value.max() < _LARGEST:
            raise ModelError(f"{name} cannot be used: '{key}' holds numbers as no model has them. Get it again.")


def _above(low: float, high: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: is_finite_number(value) and low < value <= high


def _from(low: float, high: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: is_finite_number(value) and low <= value <= high


_RULES: dict[str, Callable[[Any], bool]] = {
    "least_presence": _from(0.0, 1.0),
    "least_shown": _from(0.0, 1.0),
    "good_coverage": _from(0.0, 1.0),
    "most_distance_mm": _above(0.0),
    "doubtful_mm": _above(0.0),
    "clear_doubt_mm": _from(0.0),
    "most_doubt_mm": _above(0.0),
    "most_doubt_whole_mm": _above(0.0),
    "most_deviation_mm": _from(0.0),
    "error_scale": _above(0.0),
    "scale": _above(0.0),
    "rounds": lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100,
    "search_further": lambda value: isinstance(value, bool),
    "smaller_sizes": lambda value: isinstance(value, (list, tuple)) and all(map(_above(0.0, 10.0), value)),
}
NEEDED = (
    *("least_presence", "least_shown", "good_coverage", "most_distance_mm", "doubtful_mm", "clear_doubt_mm"),
    *("most_doubt_mm", "error_scale", "rounds"),
)
"""Settings without which nothing can be predicted."""


def check_settings(settings: Mapping[str, Any], landmarks: int, name: str) -> None:
    """Check the settings that a model has: each of its kind and within its limits.

    :param landmarks: how many it has; :param name: of the file
    :raises ModelError: not so
    """
    for key, fits in _RULES.items():
        if key in settings and not fits(settings[key]):
            raise ModelError(f"{name} cannot be used: its setting {key} is {str(settings[key])[:40]}. Get it again.")
    errors = settings.get("expected_error_mm")
    known = isinstance(errors, list) and len(errors) == landmarks and all(map(_from(0.0), errors))
    if errors is not None and not known:
        raise ModelError(f"{name} cannot be used: it has no expected error in mm for each landmark. Get it again.")
    if "ranges" in settings:
        try:
            fits_all = len(Ranges.from_settings(settings["ranges"]).own) == landmarks
        except (KeyError, TypeError, ValueError, OverflowError):
            fits_all = False
        if not fits_all:
            raise ModelError(f"{name} cannot be used: its ranges on people's points are none. Get it again.")


def check_complete(settings: Mapping[str, Any], name: str) -> None:
    """Check that a model has what a prediction needs.

    :raises ModelError: it has not
    """
    lacking = [key for key in NEEDED if key not in settings]
    if lacking:
        raise ModelError(f"The model {name} lacks the settings {', '.join(lacking)}: get it again, or train it anew.")
