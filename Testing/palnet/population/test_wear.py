"""Wear of one kind at a time."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.population.heads import Head, Population
from palnet.population.wear import join, melted_ears, outward, ragged_hole, select, with_beard, with_hair
from scipy.spatial import cKDTree
from shapes import grid


@pytest.fixture(scope="module")
def person(population: Population) -> Head:
    return population.head(np.random.default_rng(3), expression={})


def test_ears_melt_into_the_side_of_the_head(population: Population, person: Head) -> None:
    ear = population.regions.ear > 0

    def sticks_out(share: float) -> float:
        points = melted_ears(person.vertices, population.regions, share)
        np.testing.assert_array_equal(points[~ear], person.vertices[~ear])
        return float(np.ptp(points[ear & (points[:, 0] > 0), 0]))

    whole, half, none = sticks_out(0.0), sticks_out(0.5), sticks_out(1.0)
    assert whole > half > none
    assert none < 0.7 * whole
    np.testing.assert_array_equal(melted_ears(person.vertices, population.regions, 0.0), person.vertices)


def test_hair_grows_on_the_scalp_and_a_beard_on_the_jaw(population: Population, person: Head) -> None:
    points, out = person.vertices, outward(person.vertices)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1.0)

    def lifted(change: np.ndarray) -> np.ndarray:
        return np.asarray(((change - points) * out).sum(axis=1))

    def hair(lift: float) -> np.ndarray:
        rng = np.random.default_rng(1)
        return lifted(with_hair(points, out, population, rng, lift=lift, rough=0.2, over=0.0, slope=10.0))

    bald = population.regions.scalp_height <= 0
    assert np.abs(hair(20.0)[bald]).max() < 1e-6
    assert hair(20.0)[~bald].mean() == pytest.approx(2 * hair(10.0)[~bald].mean(), rel=1e-3)
    beard = lifted(with_beard(points, out, population, np.random.default_rng(1), 5.0))
    shaved = population.regions.beard == 0
    assert np.abs(beard[shaved]).max() < 1e-6 < 1.0 < beard[population.regions.beard > 0.9].mean()


def test_hole_is_ragged_and_within_its_radius() -> None:
    sheet = grid(40, 1.0)
    centre = np.array([20.0, 20.0, 0.0])
    inside, gone = ragged_hole(sheet.points, cKDTree(sheet.points), centre, 8.0, np.random.default_rng(0))
    distance = np.linalg.norm(sheet.points - centre, axis=1)
    np.testing.assert_array_equal(np.sort(inside), np.flatnonzero(distance <= 8.0))
    assert set(gone) < set(inside) and len(gone) > 20
    # Not a circle: somewhere a vertex stays that is nearer to the centre than one that goes.
    stays = np.setdiff1d(inside, gone)
    assert distance[stays].min() < distance[gone].max()


def test_select_and_join() -> None:
    sheet = grid(10, 1.0)
    left, right = (select(sheet, keep) for keep in (sheet.points[:, 0] <= 5, sheet.points[:, 0] >= 5))
    both = join(left, right)
    assert len(both.triangles) == len(sheet.triangles)
    assert both.areas().sum() == pytest.approx(sheet.areas().sum())
