"""Faces as syndromes leave them: landmarks move with the skin, and nothing folds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from palnet.population.deformations import KINDS, Deformed, deform
from palnet.population.heads import Head, Population
from palnet.scans.surface import Surface, closest_on_surface

Change = Callable[..., Deformed]


@pytest.fixture(scope="module")
def person(population: Population) -> Head:
    return population.head(np.random.default_rng(3), expression={})


@pytest.fixture(scope="module")
def changed(population: Population, person: Head) -> Change:
    def change(kind: str, seed: int, severity: float = 1.0) -> Deformed:
        rng = np.random.default_rng(seed)
        return deform(person.vertices, person.landmarks, population.protocol.labels, rng, [kind], severity)

    return change


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind(population: Population, person: Head, changed: Change, kind: str) -> None:
    before = Surface(person.vertices, population.model.triangles).normals()
    for seed in range(4):
        one, again = changed(kind, seed), changed(kind, seed)
        np.testing.assert_array_equal(one.points, again.points)
        np.testing.assert_array_equal(one.landmarks, again.landmarks)
        surface = Surface(one.points, population.model.triangles)
        assert closest_on_surface(surface, one.landmarks)[1].max() < 0.3
        # No triangle turns over, and nothing moves farther than a severe case.
        assert (np.einsum("tk,tk->t", before, surface.normals()) > 0).mean() > 0.999
        moved = np.linalg.norm(one.points - person.vertices, axis=1)
        assert 1.0 < moved.max() < 50.0
        assert one.lost.sum() <= 4


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_severity(person: Head, changed: Change, kind: str) -> None:
    none, mild, strong = (changed(kind, 2, severity) for severity in (0.0, 0.3, 1.0))
    np.testing.assert_allclose(none.points, person.vertices, atol=1e-9)
    assert not none.lost.any()
    far = [np.linalg.norm(each.points - person.vertices, axis=1).max() for each in (mild, strong)]
    assert 0 < far[0] < 0.5 * far[1]


def test_one_side(population: Population, person: Head, changed: Change) -> None:
    """A hemifacial case is of one side: the ramus of the other stays, the chin goes to the small side."""
    labels, sides = list(population.protocol.labels), set()
    for seed in range(6):
        moved = changed("hemifacial", seed).landmarks - person.landmarks
        left, right = (np.linalg.norm(moved[labels.index(f"Go_{s}")]) for s in "LR")
        small = "L" if left > right else "R"
        sides.add(small)
        assert max(left, right) > 3 * min(left, right)
        assert moved[labels.index("Gn"), 0] * (1 if small == "L" else -1) > 1.0
    assert sides == {"L", "R"}


def test_clefts_drop_only_what_they_run_through(population: Population, changed: Change) -> None:
    labels, lost = np.array(population.protocol.labels), set()
    for seed in range(12):
        found = set(labels[changed("cleft", seed).lost])
        assert found in ({"Cph_L"}, {"Cph_R"}, {"Cph_L", "Cph_R", "Ls", "Sto"})
        lost.add(len(found))
    assert lost == {1, 4}


def test_drawn(population: Population, person: Head) -> None:
    """Mild often, strong rarely; never the same twice."""
    far = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        result = deform(person.vertices, person.landmarks, population.protocol.labels, rng)
        far.append(np.linalg.norm(result.landmarks - person.landmarks, axis=1).max())
    assert len(set(far)) == 40
    assert 2 < np.median(far) < 9 and max(far) > 1.8 * np.median(far)
