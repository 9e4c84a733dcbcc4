"""What the folder of a batch's results holds beside the landmarks; whoever reads such a folder knows it by this."""

import unicodedata
from pathlib import Path

PARTS = "batch"
"""The folder in a batch's results with what the next run needs: a record and a picture of each scan."""

TABLES = ("points.csv", "measurements.csv", "quality.csv")
"""The tables of a batch, in the folder of its results."""

SURFACE_ENDINGS = (".surface.vtp", ".surface.ply")
"""Of the corresponding surface beside a scan's landmarks; such files are results, not scans."""

SKIN_ENDING = ".skin.ply"
"""Of the skin that was found in a volume, beside its landmarks."""

NO_SCANS = (*SURFACE_ENDINGS, SKIN_ENDING, ".seg.nrrd")
"""Endings of files that are no scans of a folder, though their formats are those of scans: results, segmentations."""

PICTURE_ENDING = ".landmarks.png"
"""Of a sheet of pictures: beside SCAN.obj, the texture is SCAN.png."""

_UNWRITABLE = ("Cc", "Zl", "Zp")
"""Marks that end lines, and others that no one sees, as Unicode parts them."""


def breaks_lines(name: str) -> bool:
    """Whether a name holds a line break or the like, which no table and no other format of landmarks can hold."""
    return any(unicodedata.category(mark) in _UNWRITABLE for mark in name)


def name_problem(scan: Path) -> str:
    """What is wrong with the name of a scan's file, in a sentence; empty where nothing is."""
    if not breaks_lines(scan.name):
        return ""
    return f"The name {scan.name!r} holds a line break or the like, which no table can hold: rename the file."


def picture_beside(markups: Path) -> Path:
    """Where the sheet of pictures of a scan goes."""
    return markups.with_name(markups.name.removesuffix(".mrk.json") + PICTURE_ENDING)
