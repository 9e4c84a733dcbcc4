"""The surface prior: landmarks of smooth places follow from the whole shape, whatever the mesh and the pose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ModelError
from palnet.pipeline.model import Model
from palnet.pipeline.surface_prior import SurfacePrior
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface
from shapes import head

NOBODY = np.arange(9)
WAYS = np.array(
    [[0, 0, 1], [0, 1, 0.3], [1, 0, 0.5], [-1, 0, 0.5], [0, -0.7, 1]]
    + [[0.6, 0.7, 0.5], [-0.6, 0.7, 0.5], [0.7, -0.5, 0.6], [-0.7, -0.5, 0.6]], float,
)  # fmt: skip
PAIRS = np.array([0, 1, 3, 2, 4, 6, 5, 8, 7])
_HEAD = head(3000)
_PLACES = np.array([int(np.argmax(_HEAD.points @ (way / np.linalg.norm(way)))) for way in WAYS])


def person(number: int) -> tuple[Surface, np.ndarray]:
    """A head of other proportions, and its nine landmarks: they follow from its shape, and are not to be seen on it."""
    rng = np.random.default_rng((3, number))
    points = _HEAD.points * rng.normal(1, 0.06, 3)
    points = points + rng.normal(0, 0.0006, 3) * _HEAD.points[:, [1, 2, 0]] ** 2 / 2
    return Surface(points, _HEAD.triangles), points[_PLACES]


@pytest.fixture(scope="module")
def prior() -> SurfacePrior:
    people = [person(k) for k in range(40)]
    template = head(600).points
    return SurfacePrior.fit(people, _HEAD.points[_PLACES], template, 60, NOBODY)


def test_wrong_landmarks_slide_to_their_place(prior: SurfacePrior) -> None:
    rng = np.random.default_rng(1)
    before, after, said = [], [], []
    for number in range(100, 108):
        surface, truth = person(number)
        guess = truth + rng.normal(0, 2.0, truth.shape)
        found, expected = prior.settle(surface, guess, np.full(9, 3.0), np.ones(9, bool))
        before.append(np.linalg.norm(guess - truth, axis=1).mean())
        after.append(np.linalg.norm(found - truth, axis=1).mean())
        said.append(expected.mean())
    assert np.mean(after) < 0.3 * np.mean(before)
    assert 0.3 < np.mean(said) / np.mean(after) < 3


def test_any_pose_gives_the_same(prior: SurfacePrior) -> None:
    surface, truth = person(200)
    guess = truth + np.random.default_rng(2).normal(0, 1.0, truth.shape)
    pose = random_pose(np.random.default_rng(3), 40, 100)
    turned = Surface(apply(pose, surface.points), surface.triangles)
    found, expected = prior.settle(surface, guess, np.full(9, 2.0), np.ones(9, bool))
    there, also = prior.settle(turned, apply(pose, guess), np.full(9, 2.0), np.ones(9, bool))
    np.testing.assert_allclose(there, apply(pose, found), atol=1e-6)
    np.testing.assert_allclose(also, expected, rtol=1e-6)


def test_a_hole_is_bridged(prior: SurfacePrior) -> None:
    """Of a landmark over a hole nothing is known but the rest: it comes to lie about where it was."""
    surface, truth = person(300)
    far = np.linalg.norm(surface.points - truth[2], axis=1) > 15
    holed = Surface(surface.points, surface.triangles[far[surface.triangles].all(axis=1)])
    seen = np.arange(9) != 2
    guess = truth + np.where(seen, 0.5, 6.0)[:, None] * np.array([0.6, 0.0, 0.8])
    found, expected = prior.settle(holed, guess, np.where(seen, 1.0, 30.0), seen)
    assert np.linalg.norm(found[2] - truth[2]) < 2.0
    _, without_hole = prior.settle(surface, guess, np.where(seen, 1.0, 30.0), np.ones(9, bool))
    assert expected[2] > without_hole[2]


def test_pairs_are_learned_from_both_sides() -> None:
    people = [person(k) for k in range(12)]
    prior = SurfacePrior.fit(people, _HEAD.points[_PLACES], head(600).points, 20, PAIRS)
    assert len(prior.between) == 20
    np.testing.assert_allclose(prior.between[:10] * [-1, 1, 1], prior.between[10:])
    np.testing.assert_array_equal(prior.shape.mirror[prior.shape.mirror], np.arange(29))
    np.testing.assert_array_equal(prior.shape.mirror[:9], PAIRS)


def test_it_goes_with_the_model_file(prior: SurfacePrior, tmp_path: Path) -> None:
    arrays = prior.to_arrays()
    again = SurfacePrior.from_arrays(arrays)
    surface, truth = person(400)
    for one, other in zip(
        prior.settle(surface, truth, np.ones(9), np.ones(9, bool)),
        again.settle(surface, truth, np.ones(9), np.ones(9, bool)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-3)
    with pytest.raises(ValueError, match="surface prior"):
        SurfacePrior.from_arrays(arrays | {"between": prior.between[1:]})
    with pytest.raises(KeyError):
        SurfacePrior.from_arrays({name: value for name, value in arrays.items() if name != "between"})
    model = replace(Model.find("face50"), prior=prior)
    model.save(tmp_path / "other.palnet")
    with pytest.raises(ModelError, match="surface prior that does not fit its 50 landmarks"):
        Model.load(tmp_path / "other.palnet")
