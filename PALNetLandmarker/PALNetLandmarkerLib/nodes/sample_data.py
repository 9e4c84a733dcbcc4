"""The face scans that come with the extension, bare and in colours, in Slicer's Sample Data module."""

from __future__ import annotations

import hashlib
from pathlib import Path

from palnet.errors import PalnetError
from palnet.resources import resource

NAME = "PALNetSampleFace"
COLOURS = "PALNetSampleFaceColours"
_SCANS = {
    NAME: ("samples/sample_face.ply", "palnet_sample_face.ply", "ModelFile"),
    COLOURS: ("samples/sample_face_colours.glb", "palnet_sample_face_colours.glb", "PALNetScan"),
}
"""By name the scan's file, its name in Slicer's cache, and what Slicer calls its reader."""


def register(thumbnail: Path) -> None:
    """Offer the scans, those that are there.

    :param thumbnail: picture to show beside their names
    """
    import SampleData

    for name, (place, cached, reader) in _SCANS.items():
        try:
            scan = resource(place)
        except PalnetError:
            continue
        # The module copies the scan into its cache; the checksum makes it take the new one after an update.
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="PALNetLandmarker",
            sampleName=name,
            thumbnailFileName=str(thumbnail),
            uris=scan.as_uri(),
            fileNames=cached,  # under the node's own name Slicer would number the node
            checksums="SHA256:" + hashlib.sha256(scan.read_bytes()).hexdigest(),
            nodeNames=name,
            loadFileTypes=reader,
        )
