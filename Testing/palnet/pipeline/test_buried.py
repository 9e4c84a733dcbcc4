"""Landmarks whose places cannot be seen say so; those of an open face do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from four import predict
from palnet.commands.words import table
from palnet.pipeline.buried import buried, buried_warnings
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.review.record import Review
from palnet.review.words import describe
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata
from shapes import head, join

HEAD = head(8000)
FORWARD = np.array([0.0, 0, 1])
WAYS = np.array([[0.0, 0, 1], [0.9, 0.1, 0.5], [-0.9, 0, 0.5], [0, -0.8, 0.6]])
PLACES = HEAD.points[[int(np.argmax(HEAD.points @ way)) for way in WAYS]]


def card(middle: np.ndarray, size: float) -> Surface:
    """A sheet before the face, as hair of games and films is made of."""
    steps = np.linspace(-size / 2, size / 2, 20)
    x, y = np.meshgrid(steps, steps)
    index = np.arange(400).reshape(20, 20)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    points = np.stack([x.ravel(), y.ravel(), np.zeros(400)], 1) + middle
    return Surface(points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))


@pytest.mark.parametrize("mm", [1.0, 10.0])
@pytest.mark.parametrize("inside_out", [False, True])
def test_an_open_face_hides_nothing(mm: float, inside_out: bool) -> None:
    face = Surface(HEAD.points / mm, HEAD.triangles[:, ::-1] if inside_out else HEAD.triangles)
    assert not buried(face, face, PLACES / mm, PLACES / mm, FORWARD, mm).any()


def test_a_place_under_a_sheet_is_buried() -> None:
    """The skin under it is there, and the landmark lies on it."""
    whole = join(HEAD, card(PLACES[0] + [0, 0, 5.0], 60.0))
    found = buried(whole, whole, PLACES, PLACES, FORWARD, 1.0)
    assert found.tolist() == [True, False, False, False]


def test_a_place_on_what_is_hidden_is_buried() -> None:
    """Set apart, it carries no landmarks: the one that belongs there is put on what lies before it, or nowhere."""
    sheet = card(PLACES[0] + [0, 0, 8.0], 40.0)
    below = np.linalg.norm(HEAD.points[HEAD.triangles].mean(axis=1) - PLACES[0], axis=1) < 15
    seen = join(Surface(HEAD.points, HEAD.triangles[~below]), sheet)
    placed = PLACES.copy()
    placed[0] += [0, 0, 8.0]
    whole = join(HEAD, sheet)
    assert buried(whole, seen, PLACES, placed, FORWARD, 1.0).tolist() == [True, False, False, False]
    placed[0] = np.nan
    assert buried(whole, seen, PLACES, placed, FORWARD, 1.0).tolist() == [True, False, False, False]
    # Expected on what is seen, whatever lies behind it: a second wall hides nothing.
    expected = PLACES.copy()
    expected[0] += [0, 0, 8.0]
    assert not buried(whole, seen, expected, expected, FORWARD, 1.0).any()


def test_it_is_doubtful_and_said_in_every_place() -> None:
    found = replace(predict((0.5, 0.5, 0.5, np.nan)), buried=("B", "D"))
    assert found.doubtful.tolist() == [False, True, False, False]
    again = Prediction.from_json(json.loads(json.dumps(found.to_json())))
    assert again.buried == ("B", "D")
    assert Prediction.from_json({k: v for k, v in found.to_json().items() if k != "buried"}).buried == ()
    lines = table(found).splitlines()
    assert "its place cannot be seen" in lines[2] and "cannot" not in lines[1] and "hidden on this scan" in lines[4]
    review = Review.begin("a", found)
    assert describe(review, 1).endswith("its place cannot be seen") and "," not in describe(review, 1)
    assert "cannot" not in describe(review, 0)
    (said,) = buried_warnings(found.protocol, np.array([False, True, False, True]))
    assert said == ("The places of 2 landmarks cannot be seen, as under hair or behind a wall: B, D. Check them.")
    assert buried_warnings(found.protocol, np.zeros(4, bool)) == ()


def test_hair_over_an_eye_is_said(predictor: Predictor, sample: Path) -> None:
    """A sheet before the right eye of the sample face: what can still be looked at from the side is not hidden."""
    scan = surface_from_polydata(read_surface(sample))
    plain = predictor.predict_surface(polydata_from_arrays(scan.points, scan.triangles))
    assert plain.buried == ()
    labels = list(plain.protocol.labels)
    eye = plain.points[labels.index("Ex_R")]
    turn = plain.face_from_scan[:3, :3]
    sheet = card(np.zeros(3), 60.0)
    whole = join(scan, Surface(sheet.points @ turn + eye + turn[2] * 12.0, sheet.triangles))
    found = predictor.predict_surface(polydata_from_arrays(whole.points, whole.triangles))
    assert "Or_R" in found.buried and all(label.endswith("_R") for label in found.buried)
    assert any("cannot be seen" in warning and "Or_R" in warning for warning in found.warnings)
    at = labels.index("Or_R")
    assert found.missing[at] or found.doubtful[at]
