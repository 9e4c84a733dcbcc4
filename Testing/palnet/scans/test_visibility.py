"""What can be seen from outside stays; walls behind it, and what is inside of it, go."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, closest_on_surface
from palnet.scans.visibility import seen_from_front, seen_from_outside
from shapes import head, join

HEAD = head(8000)


def inside(surface: Surface, mm: float, closed: bool = True) -> Surface:
    """A second wall so far inside, facing the cavity."""
    size = np.linalg.norm(surface.points, axis=1, keepdims=True)
    return Surface(surface.points * (1 - mm / size), surface.triangles[:, ::-1])


def front(surface: Surface) -> Surface:
    """The half with the nose, z forward."""
    return Surface(surface.points, surface.triangles[(surface.points[surface.triangles, 2] > -20).all(axis=1)])


@pytest.mark.parametrize("mm", [4.0, 10.0, 30.0])
@pytest.mark.parametrize("unit", [1.0, 10.0])
def test_inner_walls_go(mm: float, unit: float) -> None:
    hollow = join(HEAD, inside(HEAD, mm))
    hollow = Surface(hollow.points / unit, hollow.triangles)
    seen = seen_from_outside(hollow, unit)
    outer = len(HEAD.triangles)
    assert 0.97 * outer < len(seen.triangles) < 1.03 * outer
    assert closest_on_surface(Surface(HEAD.points / unit, HEAD.triangles), seen.points)[1].max() * unit < 0.5 * mm


def test_what_is_inside_goes() -> None:
    ball = head(600)
    for size in (0.1, 0.5):
        seen = seen_from_outside(join(HEAD, Surface(ball.points * size, ball.triangles)), 1.0)
        assert len(seen.triangles) == len(HEAD.triangles)


def test_a_surface_with_nothing_inside_stays_as_it_is() -> None:
    for surface in (HEAD, front(HEAD), head(200), Surface(HEAD.points, HEAD.triangles[:, ::-1])):
        assert seen_from_outside(surface, 1.0) is surface
    assert seen_from_front(front(HEAD), 1.0).triangles.shape == front(HEAD).triangles.shape


def pocket(depth: float, width: float) -> Surface:
    """A plate with a hole that narrows to a slit, as a nostril or a mouth has."""
    x, y = np.meshgrid(np.linspace(-60, 60, 121), np.linspace(-60, 60, 121))
    away = np.hypot(x, y)
    z = np.where(away < width, -depth * np.sqrt(np.maximum(1 - (away / width) ** 2, 0)), 0)
    # Deeper down it is wider than where it opens.
    grow = 1 + 0.8 * np.clip(-z / max(depth, 1), 0, 1)
    points = np.stack([(x * grow).ravel(), (y * grow).ravel(), z.ravel()], 1)
    index = np.arange(121 * 121).reshape(121, 121)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return Surface(points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))


@pytest.mark.parametrize(("depth", "width"), [(10.0, 4.0), (15.0, 5.0), (25.0, 6.0)])
def test_small_pockets_stay(depth: float, width: float) -> None:
    surface = clean_surface(pocket(depth, width))
    assert len(seen_from_outside(surface, 1.0).triangles) == len(surface.triangles)


def test_a_wall_behind_an_open_face_goes() -> None:
    shell = join(front(HEAD), inside(front(HEAD), 4.0))
    seen = seen_from_front(shell, 1.0)
    outer = len(front(HEAD).triangles)
    assert 0.9 * outer < len(seen.triangles) < 1.15 * outer


def test_a_wall_that_stands_out_of_the_face_takes_nothing_of_it() -> None:
    """As an offset wall does at thin places: what it hides of the face there is seen once the wall has gone."""
    face = front(HEAD)
    wall = inside(face, 4.0)
    bump = np.exp(-(((wall.points[:, :2] - [30.0, 20.0]) / 24.0) ** 2).sum(axis=1))
    wall = Surface(wall.points * (1 + 0.1 * bump)[:, None], wall.triangles)
    out = np.linalg.norm(wall.points, axis=1) > np.linalg.norm(face.points, axis=1)
    assert 20 < out.sum() < 0.2 * len(out)
    seen = seen_from_front(join(face, wall), 1.0)
    np.testing.assert_array_equal(seen.points[seen.triangles], face.points[face.triangles])
