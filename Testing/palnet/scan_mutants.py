"""Damaged scan files with looks: what is damaged, and what is asked of whatever comes of it."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path

import coloured
import numpy as np
from damage import damaged
from palnet.errors import ScanError
from palnet.scans.clean import clean_surface
from palnet.scans.file import read_surface, scan_space
from palnet.scans.images import decoded
from palnet.scans.looks import polydata_of, read_looks
from palnet.scans.mesh import Unreadable
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import head
from volume_files import nifti, nrrd

VOLUMES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".hdr")
ENDINGS = (".off", ".glb", ".gltf", ".wrl", ".wrz", ".3mf", ".obj", ".ply")
IMAGES = (".png", ".jpg", ".bmp")


def small() -> coloured.Coloured:
    """A head of few points in four small images."""
    shape = head(60)
    return coloured.coloured(16, surface=Surface(shape.points[:, [0, 2, 1]] * [1, -1, 1], shape.triangles))


def good_volumes(folder: Path, ending: str) -> list[bytes]:
    """Files of a small volume of a ball, as several programs write them; of headers, the voxels lie in the folder."""
    edge = 8.0
    place = np.indices((24, 24, 24)) - 11.5
    voxels = np.clip(1000 - 250 * (np.linalg.norm(place, axis=0) - 8), 0, 1000).astype(np.int16)
    matrix = np.diag([edge, edge, edge, 1.0])
    matrix[:3, 3] = [-90.0, 30.5, 12.25]
    if ending == ".nrrd":
        ways = [{"encoding": way} for way in ("raw", "gzip", "bzip2", "ascii", "hex")]
        return [nrrd(voxels, matrix, "RAS"), *(nrrd(voxels.astype(">f4"), matrix, **way) for way in ways)]
    if ending == ".nhdr":
        (folder / "voxels.raw").write_bytes(voxels.tobytes())
        (folder / "voxels.gz").write_bytes(gzip.compress(voxels.tobytes()))
        ways = [{"data file": "voxels.raw"}, {"data file": "voxels.gz", "encoding": "gzip"}]
        return [nrrd(voxels, matrix, "RAS", fields=way, data=b"") for way in ways]
    if ending == ".hdr":
        (folder / "mutant.img").write_bytes(voxels.tobytes())
        return [nifti(voxels, matrix, alone=True), nifti(voxels, matrix, "qform", True, alone=True)]
    found = [
        nifti(voxels, matrix),
        nifti(voxels, matrix, "qform", True),
        nifti(voxels.astype(">f4"), matrix, order=">"),
    ]
    return found if ending == ".nii" else [gzip.compress(content, 1) for content in found]


def good_scans(folder: Path, ending: str) -> list[bytes]:
    """Files of a format: with images, with coloured points, and bare; images lie in the folder."""
    if ending in VOLUMES:
        return good_volumes(folder, ending)
    scan, found = small(), []
    for textured in (True, False, None):
        path = folder / f"good{ending}"
        if ending == ".off":
            coloured.write_off(scan, path, None if textured is None else False)
        elif ending == ".wrz":
            coloured.write_wrl(scan, path, textured)
            path.write_bytes(gzip.compress(path.read_bytes()))
        elif ending == ".gltf":
            coloured.write_glb(scan, path, textured)
            path.write_bytes(coloured.as_text(path.read_bytes()))
        elif textured is not None or ending not in (".obj", ".ply"):
            coloured.WRITERS[ending](scan, path, textured)
        found.append(path.read_bytes())
    return found


def good_image(ending: str) -> bytes:
    """A small picture with some noise."""
    noise = np.random.default_rng(1)
    pixels = np.kron(noise.integers(0, 255, (4, 4, 3)), np.ones((6, 6, 1))) + noise.normal(0, 9, (24, 24, 3))
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    return coloured.bmp_file(pixels) if ending == ".bmp" else coloured.image_file(pixels, ending)


def mutant(ending: str, good: bytes, rng: random.Random) -> bytes:
    """A file with damage; of a packed one mostly inside, for the packing itself would show all other damage."""
    if ending in (".wrz", ".nii.gz") and rng.random() < 0.7:
        return gzip.compress(damaged(gzip.decompress(good), rng), 1)
    if ending == ".3mf" and rng.random() < 0.8:
        content = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as new:
            names = old.namelist()
            hurt = rng.choice([*names, *["3D/3dmodel.model"] * 3])
            for name in names:
                held = old.read(name)
                new.writestr(name, damaged(held, rng) if name == hurt else held)
        return content.getvalue()
    if ending == ".png" and rng.random() < 0.7:
        return coloured.with_right_sums(damaged(good, rng))
    return damaged(good, rng)


def judged(path: Path) -> bool:
    """Whether a scan file is read; what comes of it must fit together, what is said be one sentence."""
    try:
        bare = surface_from_polydata(read_surface(path))
        looks = read_looks(path)
    except ScanError as error:
        said = str(error)
        assert "\n" not in said and len(said) < 600 and path.name in said, said
        return False
    assert scan_space(path) in ("RAS", "LPS")
    np.testing.assert_array_equal(looks.points[looks.triangles], bare.points[bare.triangles])
    assert all("\n" not in said and len(said) < 400 for said in looks.warnings)
    mesh = polydata_of(looks)
    data = mesh.GetPointData()
    for array in (data.GetScalars(), data.GetTCoords()):
        assert array is None or array.GetNumberOfTuples() == mesh.GetNumberOfPoints()
    assert (looks.image is None) == (looks.uv is None)
    count = len(looks.triangles)
    colours = looks.at(np.arange(count), np.full((3, count), 1 / 3))
    assert colours.shape == (count, 3) and np.isfinite(colours).all()
    clean_surface(bare)
    return True


def judged_image(content: bytes) -> bool:
    """The same of an image."""
    try:
        pixels = decoded(content)
    except Unreadable as error:
        assert "\n" not in str(error) and len(str(error)) < 200
        return False
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    return True
