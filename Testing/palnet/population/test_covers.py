"""What is worn: real sizes, landmarks that stay on the skin, and hidden ones that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from palnet.population.covers import OUTFITS, Covered, cover
from palnet.population.heads import Head, Population
from palnet.population.occlusion import hidden_by
from palnet.population.radial import Wearer, face_size, shell, tube
from palnet.scans.surface import Surface, closest_on_surface, for_answers, polydata_from_arrays
from scipy.spatial import cKDTree
from shapes import grid
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

KINDS = sorted({kind for outfit in OUTFITS for kind in outfit})
# What each kind is there to hide, with a seed or two.
HIDES = {"mask": {"Sto", "Li", "Ls"}, "scarf": {"Sa_L", "Pa_R"}, "glasses": {"En_L", "Ex_R"}, "beard": {"Pg", "Sl"}}


@pytest.fixture(scope="module")
def person(population: Population) -> Head:
    return population.head(np.random.default_rng(3), expression={})


@pytest.fixture(scope="module")
def surface(population: Population, person: Head) -> Surface:
    return Surface(person.vertices, population.model.triangles)


def dressed(population: Population, person: Head, surface: Surface, kind: str, seed: int) -> Covered:
    return cover(surface, person.landmarks, population.protocol.labels, np.random.default_rng(seed), [kind])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(population: Population, person: Head, surface: Surface, kind: str) -> None:
    one, again, other = (dressed(population, person, surface, kind, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.surface.points, again.surface.points)
    np.testing.assert_array_equal(one.surface.triangles, again.surface.triangles)
    np.testing.assert_array_equal(one.hidden, again.hidden)
    assert one.surface.points.shape != other.surface.points.shape or (one.surface.points != other.surface.points).any()
    for result in (one, other):
        np.testing.assert_array_equal(result.landmarks, person.landmarks)
        points, triangles = result.surface.points, result.surface.triangles
        assert np.isfinite(points).all() and triangles.max() < len(points)
        # Real sizes: nothing far from the head, no triangle that is all across it.
        assert (points.min(axis=0) > surface.points.min(axis=0) - 110).all()
        assert (points.max(axis=0) < surface.points.max(axis=0) + 110).all()
        a, b, c = (points[triangles[:, k]] for k in range(3))
        assert max(np.linalg.norm(a - b, axis=1).max(), np.linalg.norm(b - c, axis=1).max()) < 90
        assert not result.hidden.all()
        # What is present is on the surface, before as after.
        distance = closest_on_surface(result.surface, person.landmarks[~result.hidden])[1]
        assert distance.max() < 0.5


@pytest.mark.parametrize("kind", sorted(HIDES))
def test_what_it_is_there_to_hide(population: Population, person: Head, surface: Surface, kind: str) -> None:
    shares = np.mean([dressed(population, person, surface, kind, seed).hidden for seed in range(8)], axis=0)
    labels = list(population.protocol.labels)
    for label in HIDES[kind]:
        assert shares[labels.index(label)] > 0.3, label
    assert shares.min() < 0.1


Rays = Callable[[np.ndarray, np.ndarray], np.ndarray]


def rays_in(surface: Surface) -> Rays:
    """Says of a place and of directions (D, 3) where something stands between the place and who looks from there."""
    locator = vtkStaticCellLocator()
    locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
    locator.BuildLocator()
    cell, part, share = for_answers()

    def blocked(place: np.ndarray, looks: np.ndarray) -> np.ndarray:
        ends = [(place + 1.5 * d, place + 500 * d) for d in looks]
        hits = [locator.IntersectWithLine(a, b, 0.01, share, [0.0] * 3, [0.0] * 3, part, cell) for a, b in ends]
        return np.array(hits, bool)

    return blocked


@pytest.mark.parametrize("kind", ["mask", "glasses", "scarf", "beard", "cap", "long_hair", "dressing"])
def test_hidden_landmarks_are_not_seen(population: Population, person: Head, surface: Surface, kind: str) -> None:
    """By other rays: what is hidden has something before it, or no skin is left there; what is not hidden is seen."""
    looks = np.array([[0, 0, 1.0], [0.5, 0, 0.8], [-0.5, 0, 0.8], [0, -0.5, 0.8], [0.95, 0, 0.2], [-0.95, 0, 0.2]])
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    # Only landmarks that two and more of these see on the bare head.
    bare, skin = rays_in(surface), cKDTree(surface.points)
    alone = np.array([~bare(place, looks) for place in person.landmarks])
    clear, wrong = [], []
    for seed in range(2):
        result = dressed(population, person, surface, kind, seed)
        rays = rays_in(result.surface)
        is_skin = (skin.query(result.surface.points)[0] < 1e-9)[result.surface.triangles].all(axis=1)
        left = closest_on_surface(Surface(result.surface.points, result.surface.triangles[is_skin]), person.landmarks)[
            1
        ]
        for k in np.flatnonzero(alone.sum(axis=1) > 1):
            free = (~rays(person.landmarks[k], looks) & alone[k]).sum()
            if not result.hidden[k]:
                clear.append(free > 0)
            elif free > 2 and left[k] < 0.4:
                wrong.append((seed, population.protocol.labels[k]))
    # One may lie on the very edge of what was cut.
    assert len(wrong) <= 1, wrong
    assert np.mean(clear) > 0.95


def test_a_cover_hides_what_is_behind_it() -> None:
    wall = grid(40, 2.0)
    normals = np.tile([0, 0, 1.0], (len(wall.points), 1))
    middle = np.array([40.0, 40.0])
    plate = Surface(wall.points * [0.5, 0.5, 1] + [20, 20, 3], wall.triangles)
    hidden = hidden_by(plate, wall, normals)
    far = np.abs(wall.points[:, :2] - middle).max(axis=1)
    assert hidden[far < 12].all() and not hidden[far > 30].any()
    # From farther away more looks pass it by; behind the wall it hides nothing.
    away = Surface(plate.points + [0, 0, 40], plate.triangles)
    assert hidden_by(away, wall, normals).sum() < hidden.sum()
    behind = Surface(plate.points - [0, 0, 10], plate.triangles)
    assert not hidden_by(behind, wall, normals).any()
    assert not hidden_by(Surface(np.zeros((0, 3)), np.zeros((0, 3), int)), wall, normals).any()


def test_the_radial_map_is_the_outer_surface(population: Population, person: Head, surface: Surface) -> None:
    wearer = Wearer.of(surface, person.landmarks, population.protocol.labels)
    front = np.abs(wearer.skin.azimuth) < 50
    rows = (np.abs(wearer.skin.elevation) < 30) & front
    places = wearer.skin.positions()[rows]
    assert np.median(closest_on_surface(surface, places)[1]) < 1.0
    cloth = wearer.skin.envelope(7, 1.5)
    assert (cloth >= wearer.skin.radius).all() and (cloth - wearer.skin.radius)[rows].mean() > 0.2
    again = wearer.skin.on(places)
    assert np.linalg.norm(again - places, axis=1).max() < 0.1


def test_a_shell_ends_where_it_is_told(population: Population, person: Head, surface: Surface) -> None:
    skin = Wearer.of(surface, person.landmarks, population.protocol.labels).skin
    places = skin.positions()
    height = 40.3
    upper = shell(places, places[..., 1] - height)
    edge = upper.points[:, 1].min()
    assert height - 0.5 < edge < height + 1.0
    # Its outside is the head's outside.
    outward = upper.points[upper.triangles].mean(axis=1) - skin.centre
    assert (np.einsum("tk,tk->t", upper.normals(), outward) > 0).mean() > 0.95


def test_a_tube_is_round() -> None:
    path = np.column_stack([np.linspace(0, 50, 20), np.zeros(20), np.linspace(0, 10, 20) ** 2 / 20])
    pipe = tube(path, 3.0)
    distance = np.linalg.norm(pipe.points.reshape(20, -1, 3) - path[:, None], axis=2)
    np.testing.assert_allclose(distance, 3.0)


def test_the_mean_face_has_size_one(population: Population) -> None:
    assert face_size(population.mean_landmarks) == pytest.approx(1.0, abs=0.03)
    assert face_size(0.6 * population.mean_landmarks) == pytest.approx(0.6, abs=0.02)
