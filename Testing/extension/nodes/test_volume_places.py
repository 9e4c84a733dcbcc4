"""Where a volume lies: as Slicer's own readers say, of files that Slicer writes and of those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host
from palnet.scans.file import VOLUMES
from palnet.scans.volume import Volume
from volume_files import SPACES, nifti, nrrd, numbered, oblique
from vtk.util.numpy_support import numpy_to_vtk

TO_RAS = {"RAS": np.eye(4), "LPS": np.diag([-1.0, -1, 1, 1])}


def as_slicer_reads(host: Host, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (K, J, I), and (4, 4) from them to RAS."""
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    node = host.core.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert storage.ReadData(node)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    to_ras = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    return slicer.util.arrayFromVolume(node), to_ras


def as_read_here(path: Path) -> Volume:
    return VOLUMES[f".{path.name.split('.')[1]}"](path.read_bytes(), path, lambda _share: None)


def check(host: Host, path: Path) -> None:
    voxels, to_ras = as_slicer_reads(host, path)
    volume = as_read_here(path)
    here, to_here = volume.voxels, TO_RAS[volume.space] @ volume.to_space
    if np.linalg.det(to_here) < 0:  # Slicer turns the slices about, for axes of a right hand
        here = here[::-1]
        to_here[:, 3] += (len(here) - 1) * to_here[:, 2]
        to_here[:, 2] *= -1
    np.testing.assert_array_equal(here, voxels)
    np.testing.assert_allclose(to_here, to_ras, atol=1e-3)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("mirrored", [False, True])
def test_nrrd(host: Host, tmp_path: Path, space: str, mirrored: bool) -> None:
    path = tmp_path / "a.nrrd"
    path.write_bytes(nrrd(numbered(), oblique(mirrored), space))
    check(host, path)


@pytest.mark.parametrize("ways", ["sform", "qform", "sform qform"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_nifti(host: Host, tmp_path: Path, ways: str, mirrored: bool) -> None:
    path = tmp_path / "a.nii"
    path.write_bytes(nifti(numbered(), oblique(mirrored), ways))
    check(host, path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr", "a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", ["i2", "u1", "f4"])
def test_as_slicer_writes(host: Host, tmp_path: Path, name: str, kind: str) -> None:
    node: Any = host.core.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    image, voxels = vtk.vtkImageData(), numbered(kind)
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(oblique().ravel())
    node.SetAndObserveImageData(image)
    node.SetIJKToRASMatrix(matrix)
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(tmp_path / name))
    assert storage.WriteData(node)
    check(host, tmp_path / name)
