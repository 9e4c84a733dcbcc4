"""The small picture of a scan with its landmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import vtk
from batches import prediction
from coloured import coloured, write_ply
from palnet.pipeline.prediction import Prediction
from palnet.reports import thumbnail
from palnet.reports.thumbnail import SIZE, draw_thumbnail
from palnet.scans.looks import read_looks
from palnet.scans.surface import Surface
from shapes import head
from vtk.util.numpy_support import vtk_to_numpy

PAPER = 244


def decoded(content: bytes, folder: Path) -> np.ndarray:
    """(height, width, 3), first row on top."""
    path = folder / "picture.jpg"
    path.write_bytes(content)
    reader = vtk.vtkJPEGReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    width, height, _depth = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)[::-1].astype(int)


def on_head() -> Prediction:
    """Landmarks on the outside of :func:`head`: front, above, below, and a doubtful one on its left cheek."""
    points = np.array([[0.0, 0, 123.0], [0, 112.0, 0], [0, -108.0, 20.0], [62.0, 0, 62.0]])
    return replace(prediction(), points=points, expected_error=np.array([1.0, 1.0, 1.0, 9.0]))


def test_face_and_landmarks(tmp_path: Path) -> None:
    picture = decoded(draw_thumbnail(head(8000), on_head()), tmp_path)
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    half = SIZE[0] // 2
    orange = (picture[..., 0] - picture[..., 2] > 120) & (picture[..., 0] > 150)
    rows, columns = np.nonzero(orange[:, :half])
    assert abs(rows.mean() - SIZE[1] / 2) < 8 and columns.mean() > half / 2 + 20  # its left is at the picture's right
    assert orange[:, half:].any()  # the other view is from the side of the doubtful one
    blue = picture[..., 2] - picture[..., 0] > 25
    assert blue[:, :half].any()
    skin = picture[50:80, 45:70]
    assert (skin[..., 2] < PAPER - 20).all()  # no hole in the forehead
    assert (np.abs(picture[:8, :8] - [244, 246, 248]) < 6).all()


def test_hidden_landmarks_are_not_drawn(tmp_path: Path) -> None:
    behind = replace(on_head(), points=np.array([[0.0, 0, 123.0], [0, 112.0, 0], [0, -108.0, 0], [10.0, 0, -90.0]]))
    picture = decoded(draw_thumbnail(head(8000), behind), tmp_path)
    orange = (picture[..., 0] - picture[..., 2] > 120) & (picture[..., 0] > 150)
    assert not orange[:, : SIZE[0] // 2].any()


def test_pose_unit_and_winding_do_not_matter(tmp_path: Path) -> None:
    shape, found = head(4000), on_head()
    plain = decoded(draw_thumbnail(shape, found), tmp_path)
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]) / 1000.0
    moved = Surface(shape.points @ turn.T + 5.0, shape.triangles[:, ::-1])
    frame = np.eye(4)
    frame[:3, :3] = np.linalg.inv(turn)
    frame[:3, 3] = -np.linalg.inv(turn) @ np.full(3, 5.0)
    other = replace(found, points=found.points @ turn.T + 5.0, face_from_scan=frame, unit="m")
    assert np.abs(decoded(draw_thumbnail(moved, other), tmp_path) - plain).mean() < 1.0


def test_what_there_is_to_draw(tmp_path: Path) -> None:
    shape, found = head(2000), on_head()
    assert draw_thumbnail(shape, replace(found, points=np.full((4, 3), np.nan))) == b""
    damaged = Surface(np.vstack([shape.points, np.full((1, 3), np.nan)]), shape.triangles)
    assert (decoded(draw_thumbnail(damaged, found), tmp_path) == decoded(draw_thumbnail(shape, found), tmp_path)).all()
    empty = Surface(shape.points, shape.triangles[:0])
    assert decoded(draw_thumbnail(empty, found), tmp_path).shape == (SIZE[1], SIZE[0], 3)
    one = replace(found, points=np.vstack([found.points[:1], np.full((3, 3), np.nan)]))
    assert draw_thumbnail(shape, one)
    assert draw_thumbnail(shape, replace(found, expected_error=np.full(4, np.nan)))
    assert thumbnail.draw_thumbnail(shape, found) == draw_thumbnail(shape, found)


@pytest.mark.parametrize("textured", [True, False])
def test_colours_of_the_scan(tmp_path: Path, textured: bool) -> None:
    """The left of the face, right in the picture, is red, its right is blue; without colours it is none of both."""
    shape = head(8000)
    made = coloured(8, surface=shape)
    left = shape.points[:, 0] > 0
    images = [np.full((8, 8, 3), [250, 10, 10], np.uint8)] * 4
    loud = replace(made, images=images, colours=np.where(left[:, None], [250, 10, 10], [10, 10, 250]).astype(np.uint8))
    write_ply(loud, tmp_path / "a.ply", textured)
    looks = read_looks(tmp_path / "a.ply")
    bare = Surface(looks.points[: looks.bare].astype(float), looks.origin[looks.triangles])
    picture = decoded(draw_thumbnail(bare, on_head(), looks), tmp_path)
    right, left_side = picture[95:105, 35:43].mean(axis=(0, 1)), picture[95:105, 92:100].mean(axis=(0, 1))
    assert left_side[0] > 3 * left_side[2]
    assert (right[0] > 3 * right[2]) if textured else (right[2] > 3 * right[0])
    plain = decoded(draw_thumbnail(bare, on_head()), tmp_path)[95:105, 35:43].mean(axis=(0, 1))
    assert plain[0] < 1.5 * plain[2]
