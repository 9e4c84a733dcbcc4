"""What the folder of a batch's results holds beside the landmarks; whoever reads such a folder knows it by this."""

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


def picture_beside(markups: Path) -> Path:
    """Where the sheet of pictures of a scan goes."""
    return markups.with_name(markups.name.removesuffix(".mrk.json") + PICTURE_ENDING)
