"""The shape model: it knows usual shapes in any pose, finds the points that do not fit, and says so in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from palnet.pipeline.model import Model
from palnet.pipeline.predictor import Predictor
from palnet.pipeline.shape import ShapeModel
from palnet.population.heads import Population
from palnet.rigid import apply, random_pose
from palnet.training.dataset import PopulationScans
from palnet.training.model import train_shape

# Three midline landmarks, then pairs: left and right alternate.
COUNT = 25
MIRROR = np.array([0, 1, 2, *(k + (1 if k % 2 else -1) for k in range(3, COUNT))])
SIDES = np.array([-1.0, 1, 1])


def drawn(count: int, seed: int) -> np.ndarray:
    """(count, L, 3) shapes of a head's size, a little asymmetric; all but the first lie anywhere."""
    fixed, rng = np.random.default_rng(0), np.random.default_rng((seed, 1))
    mean = fixed.normal(0, 45, (COUNT, 3))
    modes = fixed.normal(0, 1, (8, COUNT, 3))
    symmetric = modes + (modes * SIDES)[:, MIRROR]
    odd = 0.1 * (modes - (modes * SIDES)[:, MIRROR])
    mean = 0.7 * (mean + (mean * SIDES)[MIRROR])
    weights = rng.normal(0, 1.5, (2, count, 8))
    shapes = mean + np.tensordot(weights[0], symmetric, 1) + np.tensordot(weights[1], odd, 1)
    shapes += rng.normal(0, 0.3, shapes.shape)
    return np.stack([shapes[0], *(apply(random_pose(rng, 60, 80), shape) for shape in shapes[1:])])


@pytest.fixture(scope="module")
def model() -> ShapeModel:
    return ShapeModel.fit(drawn(400, 1), MIRROR)


def noise(mm: float) -> np.ndarray:
    return np.full(COUNT, mm)


def moved(shape: np.ndarray, which: list[int], mm: float, seed: int = 0) -> np.ndarray:
    """The shape with some of its points moved in random directions."""
    away = np.random.default_rng(seed).normal(size=(len(which), 3))
    result = shape.copy()
    result[which] += mm * away / np.linalg.norm(away, axis=1, keepdims=True)
    return result


@pytest.mark.parametrize("shapes", [20, 60, 400])
def test_scores_of_other_shapes_are_those_of_a_normal_distribution(shapes: int) -> None:
    fitted, rng = ShapeModel.fit(drawn(shapes, 1), MIRROR), np.random.default_rng(1)
    measured = [shape + rng.normal(0, 0.65, shape.shape) for shape in drawn(100, 2)]
    scores = np.array([fitted.plausibility(shape, noise(1.0)).score for shape in measured])
    # Three squared normal deviates; fewer shapes than coordinates must not make the model too sure.
    assert 1.5 < scores.mean() < 4.0
    assert (scores > 11.34).mean() < 0.04


def test_other_points_suggest_the_place(model: ShapeModel) -> None:
    others = 0
    for shape in drawn(20, 3):
        fits = model.plausibility(moved(shape, [4], 9.0), noise(0.3))
        assert np.linalg.norm(fits.expected[4] - shape[4]) < 3.0
        assert fits.deviation[4] > 6.0
        others += fits.flagged.sum() - fits.flagged[4]
    assert others <= 5


def test_several_wrong_points_are_all_found_and_nothing_else(model: ShapeModel) -> None:
    found, others = 0, 0
    for seed, shape in enumerate(drawn(50, 4)):
        wrong = list(np.random.default_rng(seed).choice(COUNT, 4, replace=False))
        flagged = model.plausibility(moved(shape, wrong, 10.0, seed), noise(0.5)).flagged
        found += flagged[wrong].sum()
        others += flagged.sum() - flagged[wrong].sum()
    assert found >= 0.97 * 200
    assert others <= 15


def test_any_pose_gives_the_same(model: ShapeModel) -> None:
    points = moved(drawn(1, 5)[0], [3, 11], 8.0)
    pose = random_pose(np.random.default_rng(3), 120, 300)
    here, there = model.plausibility(points), model.plausibility(apply(pose, points))
    np.testing.assert_allclose(there.deviation, here.deviation, atol=1e-6)
    np.testing.assert_allclose(there.expected, apply(pose, here.expected), atol=1e-6)
    sides, turned = model.asymmetry(points), model.asymmetry(apply(pose, points))
    np.testing.assert_allclose(turned.difference, sides.difference, atol=1e-6)
    assert model.concerns(points) == model.concerns(apply(pose, points)) != {}


def test_expected_errors_make_it_lenient(model: ShapeModel) -> None:
    points, errors = moved(drawn(1, 6)[0], [7], 6.0), noise(0.5)
    assert model.plausibility(points, errors).flagged[7]
    errors[7] = 8.0
    assert not model.plausibility(points, errors).flagged.any()
    errors[7] = np.nan
    assert model.plausibility(points, errors).flagged[7]


def test_missing_points_are_suggested_and_not_judged(model: ShapeModel) -> None:
    shape = drawn(1, 7)[0]
    points = shape.copy()
    points[[2, 5, 6]] = np.nan
    fits, sides = model.plausibility(points, noise(0.5)), model.asymmetry(points, noise(0.5))
    assert np.isnan(fits.deviation[[2, 5, 6]]).all() and not fits.flagged.any()
    assert np.linalg.norm(fits.expected[[2, 5, 6]] - shape[[2, 5, 6]], axis=1).max() < 5.0
    # Landmark 5 is missing, and 6 is its pair.
    assert np.isnan(sides.difference[[2, 5, 6]]).all() and np.isfinite(sides.difference[3:5]).all()
    points[5:] = np.nan
    assert model.concerns(points) == {}
    assert np.isnan(model.plausibility(points).expected).all()


def test_many_wrong_points_do_not_hang_or_fail(model: ShapeModel) -> None:
    rng = np.random.default_rng(8)
    for points in (rng.normal(0, 50, (COUNT, 3)), np.zeros((COUNT, 3)), model.mean * SIDES):
        assert set(model.concerns(points)) <= set(range(COUNT))
    assert model.concerns(np.full((COUNT, 3), np.nan)) == {}


def test_asymmetry_in_mm(model: ShapeModel) -> None:
    points = model.mean.copy()
    assert model.asymmetry(points).difference.max() < 0.2
    # The mean is symmetric about a plane near x = 0.
    points[0, 0] += 6.0
    points[3, 0] += 8.0
    sides = model.asymmetry(points, noise(0.5))
    assert sides.difference[0] == pytest.approx(6.0, abs=0.5)
    np.testing.assert_allclose(sides.difference[3:5], 8.0, atol=0.5)
    assert list(np.flatnonzero(sides.flagged)) == [0, 3, 4]


def test_asymmetry_limit_is_that_of_usual_shapes(model: ShapeModel) -> None:
    each = [model.asymmetry(shape, noise(0.0)) for shape in drawn(200, 9)]
    assert 0.0001 < np.mean([sides.flagged for sides in each]) < 0.01
    assert all(len(np.unique(sides.usual)) > COUNT / 3 for sides in each[:3])


def test_sentences(model: ShapeModel) -> None:
    points = model.mean.copy()
    points[3, 0] += 12.0
    points[0, 0] += 9.0
    said = model.concerns(points, noise(0.5))
    # Landmark 4 fits the others: only its pair, which does not, is named.
    assert list(said) == [0, 3]
    place, sides = said[3]
    assert place.startswith("It lies ") and place.endswith(" mm from where the other landmarks suggest it.")
    assert sides.startswith("Left and right differ by 1") and " mm is usual." in sides
    assert said[0][1].startswith("It lies beside the midline by ")
    assert model.concerns(drawn(1, 10)[0], noise(0.5)) == {}


def test_without_pairs_sides_are_not_compared() -> None:
    alone = ShapeModel.fit(drawn(60, 1), np.arange(COUNT))
    points = moved(drawn(1, 11)[0], [3], 15.0)
    assert np.isnan(alone.asymmetry(points).difference).all()
    assert list(alone.concerns(points)) == [3]


def test_too_few_or_incomplete_shapes() -> None:
    with pytest.raises(ValueError, match="at least 10 shapes"):
        ShapeModel.fit(drawn(9, 1), MIRROR)
    shapes = drawn(20, 1)
    shapes[3, 2] = np.nan
    with pytest.raises(ValueError, match="without missing"):
        ShapeModel.fit(shapes, MIRROR)


def test_arrays_hold_the_model(model: ShapeModel) -> None:
    arrays = model.to_arrays()
    again = ShapeModel.from_arrays(arrays)
    points = moved(drawn(1, 12)[0], [3], 9.0)
    assert again.concerns(points) == model.concerns(points)
    for name, value in again.to_arrays().items():
        np.testing.assert_array_equal(value, arrays[name])
    with pytest.raises(KeyError):
        ShapeModel.from_arrays({"mean": model.mean})
    for name, wrong in (("modes", model.modes[:, 3:]), ("mean", model.mean[1:]), ("mirror", np.zeros(COUNT, int))):
        with pytest.raises(ValueError, match="do not fit"):
            ShapeModel.from_arrays(arrays | {name: wrong})


def test_good_predictions_raise_no_concern(predictor: Predictor, sample: Path) -> None:
    model = predictor.model.shape
    assert model is not None and len(model.mean) == len(predictor.model.protocol)
    np.testing.assert_array_equal(model.mirror, predictor.model.protocol.mirror())
    found = predictor.predict_file(sample)
    assert len(model.concerns(found.points, found.expected_error)) <= 1


def test_real_scan(predictor: Predictor, data: Callable[[str], Path]) -> None:
    model, protocol = predictor.model.shape, predictor.model.protocol
    assert model is not None
    found = predictor.predict_file(data("meshmonk") / "DemoFace_10K.obj")
    assert len(model.concerns(found.points, found.expected_error)) <= 1
    wrong = [protocol.index(label) for label in ("Prn", "Ex_R", "Ch_L", "Al_R", "Sba_L")]
    points = moved(found.points, wrong, 12.0)
    assert set(wrong) <= set(model.concerns(points, found.expected_error))


def test_mouse_skulls(data: Callable[[str], Path]) -> None:
    """Another animal, 51 landmarks, fewer specimens than coordinates: exchanged landmarks are found."""
    shapes = []
    for path in sorted((data("mouse-skulls") / "landmarks").glob("*.mrk.json")):
        points = json.loads(path.read_text(encoding="utf-8"))["markups"][0]["controlPoints"]
        shapes.append([point["position"] for point in points])
    skulls = np.array(shapes)
    model = ShapeModel.fit(skulls[:50], np.arange(skulls.shape[1]))
    others = [model.plausibility(skull) for skull in skulls[50:]]
    # Some strains, and some points that people placed, do stand out: by up to a twentieth of the skull's length.
    assert np.median([fits.score for fits in others]) < 2.4
    assert np.mean([fits.flagged for fits in others]) < 0.08
    for k, skull in enumerate(skulls[50:]):
        apart = np.linalg.norm(skull - skull[k], axis=1)
        other = int(np.flatnonzero(apart > 2.0)[0])
        exchanged = skull.copy()
        exchanged[[k, other]] = skull[[other, k]]
        assert model.plausibility(exchanged).flagged[[k, other]].all()


def test_training_takes_its_own_subjects(population: Population) -> None:
    source = PopulationScans(population, "train", 42, young=0.5, open_mouths=0.5)
    scans = np.stack([source.scan(k).landmarks for k in range(10)])
    expected = ShapeModel.fit(scans, population.protocol.mirror())
    for name, value in train_shape(source, 10).to_arrays().items():
        np.testing.assert_array_equal(value, expected.to_arrays()[name])


def test_bundled_models_have_one() -> None:
    assert Model.find("face50").shape is not None
