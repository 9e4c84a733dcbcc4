"""The face scan that comes with the extension, in Slicer's Sample Data module."""

from __future__ import annotations

import hashlib
from pathlib import Path

from palnet.errors import PalnetError
from palnet.resources import resource

NAME = "PALNetSampleFace"


def register(thumbnail: Path) -> None:
    """Offer the scan, if it is there.

    :param thumbnail: picture to show beside its name
    """
    import SampleData

    try:
        scan = resource("samples/sample_face.ply")
    except PalnetError:
        return
    # The module copies the scan into its cache; the checksum makes it take the new one after an update.
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="PALNetLandmarker",
        sampleName=NAME,
        thumbnailFileName=str(thumbnail),
        uris=scan.as_uri(),
        fileNames="palnet_sample_face.ply",  # under the node's own name Slicer would number the node
        checksums="SHA256:" + hashlib.sha256(scan.read_bytes()).hexdigest(),
        nodeNames=NAME,
        loadFileTypes="ModelFile",
    )
