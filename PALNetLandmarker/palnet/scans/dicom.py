"""DICOM images, which Slicer loads and this does not: known, to say so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..files import regular

_MARK, _AT = b"DICM", 128
"""DICOM PS3.10, 7.1: a preamble of 128 bytes, then the mark."""
_ENDINGS = (".dcm", ".dicom", ".ima")
_LOOKED_AT = 50

WHAT_TO_DO = (
    "load the series in 3D Slicer (File > Add DICOM Data) and landmark it there, or save it from there as .nrrd and "
    "name that."
)


def is_dicom(path: Path) -> bool:
    """Whether a file is a DICOM image by its name or by its mark."""
    if path.suffix.lower() in _ENDINGS:
        return True
    try:
        with regular(path).open("rb") as file:
            return file.read(_AT + len(_MARK))[_AT:] == _MARK
    except OSError:
        return False


def any_dicom(paths: Iterable[Path]) -> bool:
    """Whether one of the first files is a DICOM image."""
    return any(is_dicom(path) for _number, path in zip(range(_LOOKED_AT), paths, strict=False))
