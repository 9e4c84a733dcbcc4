"""Landmarks and surfaces that do not belong together are told from those that do."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface, closest_on_surface
from palnet.surfaces.belonging import on_surface
from palnet.surfaces.template import face_template
from template_faces import template_person

LABELS = list(face_template().labels)
OWN, OTHER = (template_person(seed) for seed in (1, 2))


def own_points() -> np.ndarray:
    """(L, 3) landmarks of the first person, on the skin, in the frame of the scan."""
    return closest_on_surface(OWN[0], OWN[2])[0]


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.001])
def test_what_people_place_lies_on_their_scan(unit: float) -> None:
    surface = Surface(OWN[0].points * unit, OWN[0].triangles)
    rng = np.random.default_rng(0)
    for off in (0.0, 0.5):  # a hand, and a coarse mesh
        points = (own_points() + rng.normal(0, off, own_points().shape)) * unit
        said = on_surface("a", LABELS, points, surface)
        assert (said.far, said.doubt, said.astray.any(), said.told) == ("", "", False, [])


def test_another_persons_scan_is_named() -> None:
    shift = random_pose(np.random.default_rng(3), 0.0, 12.0)
    surface = Surface(apply(shift, OTHER[0].points) + [0.0, 4.0, 12.0], OTHER[0].triangles)
    said = on_surface("a", LABELS, own_points(), surface)
    assert (
        "The landmarks of a lie far from its surface" in said.far and "the scan on which they were placed" in said.far
    )


@pytest.mark.parametrize(
    ("turn", "why"),
    [([-1, -1, 1], "RAS"), ([-1, 1, 1], "mirrored"), ([0.1] * 3, "another unit"), ([1000.0] * 3, "another unit")],
)
def test_what_explains_it_is_said(turn: list[float], why: str) -> None:
    surface = Surface(OWN[0].points + [30.0, 20.0, 60.0], OWN[0].triangles)
    points = (own_points() + [30.0, 20.0, 60.0]) * np.array(turn, float)
    assert why in on_surface("a", LABELS, points, surface).far


def test_a_single_point_far_off_is_left_out() -> None:
    points = own_points()
    points[LABELS.index("Pg")] += [0.0, 0.0, 90.0]
    said = on_surface("a", LABELS, points, OWN[0])
    assert said.far == "" and said.told == ["Pg of a lies far from its surface: left out."]
    kept = said.without_astray(points)
    assert np.isnan(kept[LABELS.index("Pg")]).all() and np.isfinite(kept).all(axis=1).sum() == len(LABELS) - 1


def test_of_other_things_more_is_allowed() -> None:
    """On skulls, landmarks in the middle of holes are usual."""
    numbers = [str(k) for k in range(len(LABELS))]
    normal = own_points() / np.linalg.norm(own_points(), axis=1, keepdims=True)
    deep = own_points() - 7.0 * normal
    assert on_surface("a", LABELS, deep, OWN[0]).far
    said = on_surface("a", numbers, deep, OWN[0])
    assert said.far == "" and not said.astray.any()


def test_nothing_is_said_of_nothing() -> None:
    nothing = np.full((len(LABELS), 3), np.nan)
    assert on_surface("a", LABELS, nothing, OWN[0]).told == []
    assert on_surface("a", LABELS, own_points(), Surface(np.zeros((0, 3)), np.zeros((0, 3), int))).far == ""
