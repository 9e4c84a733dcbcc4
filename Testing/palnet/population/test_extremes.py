"""Midline landmarks move to the extremes of each head's profile, and stay where the profile is flat."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.population.extremes import ProfileExtremes
from palnet.population.heads import Population

STEP = 3.0
LABELS = ("chin", "fold", "lip", "ear")
MOVED = {"G", "N", "Prn", "Sl", "Pg", "Gn"}


def head(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A strip, three vertices wide, with its midline at x = 0 and the profile z of y."""
    points = np.array([[x, up, front - abs(x) / 4] for up, front in zip(y, z, strict=True) for x in (-5.0, 0.0, 5.0)])
    quads = [(3 * k + c, 3 * k + c + 1, 3 * k + c + 4, 3 * k + c + 3) for k in range(len(y) - 1) for c in (0, 1)]
    triangles = np.array([corners for a, b, c, d in quads for corners in ((a, b, c), (a, c, d))])
    return points, triangles


def profile(y: np.ndarray, chin_at: float, sharp: float = 15.0) -> np.ndarray:
    return np.asarray(100 - (y - chin_at) ** 2 / (2 * sharp))


@pytest.fixture
def at() -> np.ndarray:
    return np.arange(-30.0, 30.1, STEP)


def extremes(tmp_path: Path, at: np.ndarray, carried: np.ndarray, **told: object) -> ProfileExtremes:
    path = tmp_path / "extremes.json"
    path.write_text(json.dumps({"chin": told, "unknown": {"towards": [0, 1], "within_mm": 9}}))
    return ProfileExtremes(path, LABELS, *head(profile(at, 0.0), at), carried)


def landmarks(chin: list[float]) -> np.ndarray:
    return np.array([chin, [0, 12, 90], [0, 20, 95], [-70, 10, 0]], float)


def test_an_extreme_between_vertices_is_found(tmp_path: Path, at: np.ndarray) -> None:
    found = extremes(tmp_path, at, landmarks([0, 0, 100]), towards=[0, 1], within_mm=9)
    for chin in (-2.0, 0.0, 1.0, 4.0):
        z = profile(at, chin)
        carried = landmarks([0, 0, float(np.interp(0, at, z))])
        moved = found.on(head(z, at)[0], carried)
        # The chin bends with 15 mm, the pull of the carried place with 40 mm: 40 / 55 of the way.
        assert moved[0, 1] == pytest.approx(chin * 40 / 55, abs=0.2)
        assert moved[0, 2] == pytest.approx(np.interp(moved[0, 1], at, z), abs=1e-6)
        np.testing.assert_array_equal(moved[1:], carried[1:])


def test_on_a_flat_profile_the_carried_place_stays(tmp_path: Path, at: np.ndarray) -> None:
    found = extremes(tmp_path, at, landmarks([0, 0, 100]), towards=[0, 1], within_mm=9)
    z = profile(at, 8.0, sharp=2000.0)
    moved = found.on(head(z, at)[0], landmarks([0, 0, float(np.interp(0, at, z))]))
    assert abs(moved[0, 1]) < 0.5


def test_it_looks_no_farther_than_told(tmp_path: Path, at: np.ndarray) -> None:
    found = extremes(tmp_path, at, landmarks([0, 0, 100]), towards=[0, 1], within_mm=4)
    z = profile(at, 20.0, sharp=5.0)
    moved = found.on(head(z, at)[0], landmarks([0, 0, float(np.interp(0, at, z))]))
    assert 3.4 <= moved[0, 1] < 4.1


def test_behind_a_line(tmp_path: Path, at: np.ndarray) -> None:
    """A fold on a receding profile: no point of it is a minimum of z, and one is farthest behind the line."""
    found = extremes(tmp_path, at, landmarks([0, 0, 100]), behind=["lip", "fold"], within_mm=9)
    z = 100 + 0.8 * at - 3 * np.exp(-((at - 2) ** 2) / 18)
    assert (np.diff(z) > 0).all()
    carried = np.array([[0, 0, np.interp(0, at, z)], [0, -20, 84], [0, 20, 116], [-70, 10, 0]], float)
    moved = found.on(head(z, at)[0], carried)
    assert 0.8 < moved[0, 1] < 2.5


def test_on_heads_of_the_population(population: Population) -> None:
    """The nose tip is the most anterior point of the profile near it, which the carried place is not."""
    row = population.protocol.index("Prn")
    np.testing.assert_allclose(population.landmarks(population.model.neutral), population.mean_landmarks, atol=0.2)
    more, carried_more = [], []
    for seed in range(6):
        head = population.head(np.random.default_rng(seed), expression={})
        carried = population.places.on(head.vertices)
        moved = np.linalg.norm(head.landmarks - carried, axis=1)
        assert {population.protocol.labels[k] for k in np.flatnonzero(moved > 1e-6)} <= MOVED
        assert moved.max() < 13
        near = np.linalg.norm(head.vertices - carried[row], axis=1) < 6
        most = head.vertices[near & (np.abs(population.model.neutral[:, 0]) < 0.05), 2].max()
        more.append(most - head.landmarks[row, 2])
        carried_more.append(most - carried[row, 2])
    assert np.mean(more) < 0.6 * np.mean(carried_more)
