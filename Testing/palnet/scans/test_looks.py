"""Colours and images of scans, from each format: the same looks, on the very points of the bare shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from coloured import WRITERS, Coloured, coloured, write_obj, write_off, write_ply
from palnet.resources import resource
from palnet.scans.file import read_mesh, read_surface
from palnet.scans.looks import Looks, bare_of, has_seams, image_of, polydata_of, read_looks, set_normals
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import head
from vtk.util.numpy_support import vtk_to_numpy


@pytest.fixture(scope="module")
def scan() -> Coloured:
    """A small head in four images; y is up there, so that it is turned to stand upright."""
    shape = head(400)
    return coloured(64, surface=Surface(shape.points[:, [0, 2, 1]] * [1, -1, 1], shape.triangles))


def differences(looks: Looks, scan: Coloured) -> np.ndarray:
    """By how much the colours at the middle of triangles are others than those of the points around."""
    count = len(looks.triangles)
    found = looks.at(np.arange(count), np.full((3, count), 1 / 3))
    return np.abs(found - scan.colours[scan.triangles].astype(float).mean(axis=1)).max(axis=1)


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("textured", [True, False])
def test_the_looks_are_the_same_in_each_format(tmp_path: Path, scan: Coloured, ending: str, textured: bool) -> None:
    path = tmp_path / f"a face{ending}"
    WRITERS[ending](scan, path, textured)
    looks = read_looks(path)
    assert looks.warnings == ()
    assert (looks.image is not None) == textured
    assert (looks.colours is not None) != textured
    np.testing.assert_allclose(looks.points[looks.triangles], scan.points[scan.triangles], atol=1e-3)
    other = differences(looks, scan)
    assert np.median(other) < (12.0 if textured else 1e-9)
    # The points of the bare shape come first, as they are; the others are these again.
    bare = surface_from_polydata(read_surface(path))
    np.testing.assert_array_equal(looks.points[: looks.bare], bare.points)
    np.testing.assert_array_equal(looks.points, bare.points[looks.origin])
    np.testing.assert_array_equal(looks.origin[looks.triangles], bare.triangles)


def test_off(tmp_path: Path, scan: Coloured) -> None:
    write_off(scan, tmp_path / "a.off")
    np.testing.assert_array_equal(read_looks(tmp_path / "a.off").colours, scan.colours)


def test_one_image_stays_as_it_is(tmp_path: Path) -> None:
    shape = head(400)
    one = coloured(32, images=1, surface=Surface(shape.points[:, [0, 2, 1]] * [1, -1, 1], shape.triangles))
    write_ply(one, tmp_path / "a.ply")
    looks = read_looks(tmp_path / "a.ply")
    assert looks.image is not None
    assert looks.image.shape == (32, 32, 3)
    mesh = polydata_of(looks)
    assert mesh.GetPointData().GetTCoords().GetNumberOfTuples() == len(looks.points)
    image = image_of(looks)
    assert image is not None
    assert image.GetDimensions() == (32, 32, 1)


@pytest.mark.parametrize("gone", [[0], [0, 1, 2, 3]])
def test_a_missing_image_leaves_the_shape_and_a_sentence(tmp_path: Path, scan: Coloured, gone: list[int]) -> None:
    path = tmp_path / "face.obj"
    write_obj(scan, path)
    before = read_looks(path)
    for k in gone:
        (tmp_path / f"face {k}.jpg").unlink()
    looks = read_looks(path)
    assert len(looks.warnings) == len(gone)
    for k, said in zip(gone, looks.warnings, strict=True):
        assert f"face {k}.jpg" in said and said.endswith("without it.")
    assert looks.has_colours == (len(gone) < 4)
    np.testing.assert_array_equal(looks.points[: looks.bare], before.points[: before.bare])
    if len(gone) < 4:
        bare = looks.at(np.flatnonzero(scan.image_index == 0), np.full((3, (scan.image_index == 0).sum()), 1 / 3))
        np.testing.assert_array_equal(bare, np.full(bare.shape, 204.0))
        others = scan.image_index != 0
        assert np.median(differences(looks, scan)[others]) < 12


def test_a_damaged_image_leaves_the_shape_and_a_sentence(tmp_path: Path, scan: Coloured) -> None:
    write_obj(scan, tmp_path / "face.obj")
    (tmp_path / "face 2.jpg").write_bytes(b"no image")
    looks = read_looks(tmp_path / "face.obj")
    assert len(looks.warnings) == 1
    assert "PNG, JPEG or BMP" in looks.warnings[0]
    assert looks.has_colours


def test_missing_materials_are_named(tmp_path: Path, scan: Coloured) -> None:
    path = tmp_path / "face.obj"
    write_obj(scan, path)
    (tmp_path / "face.mtl").unlink()
    looks = read_looks(path)
    assert not looks.has_colours
    assert "face.mtl" in looks.warnings[0]


def test_names_from_another_computer(tmp_path: Path, scan: Coloured) -> None:
    path = tmp_path / "face.obj"
    write_obj(scan, path)
    (tmp_path / "face.mtl").rename(tmp_path / "FACE.MTL")
    text = (tmp_path / "FACE.MTL").read_text()
    (tmp_path / "FACE.MTL").write_text(
        text.replace("map_Kd face", "map_Kd -s 1 1 1 C:\\scans\\Face").replace(".jpg", ".JPG")
    )
    assert read_looks(path).warnings == ()
    assert read_looks(path).image is not None


def test_an_image_of_the_scans_name(tmp_path: Path, scan: Coloured) -> None:
    path = tmp_path / "face.ply"
    write_ply(scan, path)
    text = path.read_bytes()
    path.write_bytes(b"".join(b"" if b"TextureFile" in line else line for line in text.splitlines(keepends=True)))
    assert not read_looks(path).has_colours
    (tmp_path / "face 0.jpg").rename(tmp_path / "face.jpg")
    assert read_looks(path).image is not None


def test_several_images_of_several_sizes(tmp_path: Path, scan: Coloured) -> None:
    images = [np.full((8 + 4 * k, 30 - 5 * k, 3), 40 * k, np.uint8) for k in range(4)]
    write_obj(replace(scan, images=images), tmp_path / "a.obj")
    looks = read_looks(tmp_path / "a.obj")
    count = len(looks.triangles)
    found = looks.at(np.arange(count), np.full((3, count), 1 / 3))
    assert np.abs(found[:, 0] - 40 * scan.image_index).max() < 4


def test_texture_coordinates_beyond_the_image_begin_again(tmp_path: Path, scan: Coloured) -> None:
    write_obj(scan, tmp_path / "a.obj")
    write_obj(replace(scan, uv=scan.uv + np.float32([3, -2])), tmp_path / "b.obj")
    one, other = read_looks(tmp_path / "a.obj"), read_looks(tmp_path / "b.obj")
    assert one.uv is not None and other.uv is not None
    np.testing.assert_allclose(one.uv[one.triangles], other.uv[other.triangles], atol=1e-5)


def test_a_device_is_no_image(tmp_path: Path, scan: Coloured) -> None:
    path = tmp_path / "face.obj"
    write_obj(scan, path)
    text = (tmp_path / "face.mtl").read_text()
    (tmp_path / "face.mtl").write_text(text.replace("face 0.jpg", "/dev/zero"))
    assert "zero" in read_looks(path).warnings[0]
    path.write_text(path.read_text().replace("face.mtl", "../../../../../../../../dev/zero"))
    assert "zero" in read_looks(path).warnings[0]


def test_what_has_no_looks_has_none(tmp_path: Path, scan: Coloured) -> None:
    path = tmp_path / "a.obj"
    write_obj(scan, path, textured=False)
    path.write_text("\n".join(" ".join(line.split()[:4]) for line in path.read_text().splitlines()) + "\n")
    looks = read_looks(path)
    assert not looks.has_colours and looks.warnings == ()
    assert read_mesh(path).colours is None


@pytest.mark.parametrize("ending", [".obj", ".glb"])
def test_seams_of_the_image_are_not_seen(tmp_path: Path, scan: Coloured, ending: str) -> None:
    """Points of one place have one normal, wherever their triangles lie in the image."""
    WRITERS[ending](scan, tmp_path / f"a{ending}", True)
    mesh = polydata_of(read_looks(tmp_path / f"a{ending}"))
    assert has_seams(mesh)
    set_normals(mesh)
    points, normals = (vtk_to_numpy(a) for a in (mesh.GetPoints().GetData(), mesh.GetPointData().GetNormals()))
    _, place, count = np.unique(points.astype(np.float32), axis=0, return_inverse=True, return_counts=True)
    assert (count > 1).any()
    for own in np.flatnonzero(count > 1)[:50]:
        assert np.ptp(normals[place == own], axis=0).max() == 0.0
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    # Outwards, as the triangles are wound.
    assert ((points - points.mean(axis=0)) * normals).sum(axis=1).mean() > 0


def test_the_bare_surface_in_one_with_looks(tmp_path: Path, scan: Coloured) -> None:
    write_obj(scan, tmp_path / "a.obj")
    mesh = polydata_of(read_looks(tmp_path / "a.obj"))
    bare, read = surface_from_polydata(bare_of(mesh)), surface_from_polydata(read_surface(tmp_path / "a.obj"))
    np.testing.assert_array_equal(bare.points, read.points)
    np.testing.assert_array_equal(bare.triangles, read.triangles)
    vtk_to_numpy(mesh.GetPoints().GetData())[-1] += 1.0  # changed since: it is no copy of a point any more
    assert bare_of(mesh) is mesh


def test_the_sample_with_colours_is_the_sample(sample: Path) -> None:
    looks = read_looks(resource("samples/sample_face_colours.glb"))
    assert looks.image is not None and looks.warnings == ()
    bare = surface_from_polydata(read_surface(sample))
    there, here = (np.unique(points.astype(np.float32), axis=0) for points in (looks.points, bare.points))
    np.testing.assert_array_equal(there, here)
    # Lips are redder than the skin above.
    lip, skin = (
        int(np.linalg.norm(looks.points - place, axis=1).argmin()) for place in ((-1, -102, -33), (0, -80, 80))
    )
    colours = looks.at(
        np.array([np.flatnonzero((looks.triangles == k).any(1))[0] for k in (lip, skin)]), np.full((3, 2), 1 / 3)
    )
    assert colours[0, 0] / colours[0, 1] > 1.3 * colours[1, 0] / colours[1, 1]
