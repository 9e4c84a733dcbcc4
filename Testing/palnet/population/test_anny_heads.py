"""Heads of the second population: seeded, from newborn to old, with their landmarks where the protocol defines them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.population.anny_heads import MEAN, AnnyPerson, AnnyPopulation
from palnet.population.heads import Population
from palnet.population.scanner import Scanner
from palnet.rigid import apply, rigid_fit
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training.dataset import PopulationScans


@pytest.fixture(scope="module")
def people() -> AnnyPopulation:
    try:
        return AnnyPopulation()
    except ScanError as error:
        pytest.skip(str(error))


def test_a_seed_is_a_head_with_its_landmarks_on_it(people: AnnyPopulation) -> None:
    first, again, other = (people.head(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    assert np.linalg.norm(first.vertices - other.vertices, axis=1).mean() > 1.0
    for head in (first, other):
        distance = closest_on_surface(Surface(head.vertices, people.model.triangles), head.landmarks)[1]
        assert distance.max() < 0.01
        np.testing.assert_allclose(rigid_fit(head.landmarks, people.mean_landmarks), np.eye(4), atol=1e-6)


def test_the_mean_head_is_symmetric_and_its_places_are_those_of_their_names(people: AnnyPopulation) -> None:
    mean, mirror = people.mean_landmarks, people.protocol.mirror()
    np.testing.assert_allclose(mean[mirror] * [-1, 1, 1], mean, atol=0.5)
    at = dict(zip(people.protocol.labels, mean, strict=True))
    order = ["Tr", "G", "N", "Prn", "C", "Sn", "Ls", "Sto", "Li", "Sl", "Pg", "Gn"]
    assert [at[label][1] for label in order] == sorted((at[label][1] for label in order), reverse=True)
    assert at["Prn"][2] == mean[:, 2].max()
    assert at["Tr"][1] - at["G"][1] == pytest.approx(at["G"][1] - at["Sn"][1], abs=1.0)
    assert at["Sa_L"][1] > at["Pra_L"][1] > at["T_L"][1] > at["Sba_L"][1] and at["Pa_L"][2] < at["T_L"][2]
    assert at["Al_L"][0] > at["Ac_L"][0] - 1 and at["Ch_L"][0] > at["Cph_L"][0]


def test_it_lies_like_the_first_population(people: AnnyPopulation, population: Population) -> None:
    pose = rigid_fit(people.mean_landmarks, population.mean_landmarks)
    np.testing.assert_allclose(pose, np.eye(4), atol=0.02)
    apart = np.linalg.norm(apply(pose, people.mean_landmarks) - population.mean_landmarks, axis=1)
    assert apart.mean() < 4


def test_ages(people: AnnyPopulation) -> None:
    mean = AnnyPerson(**MEAN)
    face = {}
    for age in (0.0, 1 / 3, 2 / 3, 1.0):
        at = dict(zip(people.protocol.labels, people.landmarks(people.vertices(replace(mean, age=age))), strict=True))
        face[age] = np.linalg.norm(at["N"] - at["Gn"])
        if age == 0:
            baby = face[age] / np.linalg.norm(at["Ex_L"] - at["Ex_R"])
    assert face[0.0] < 0.75 * face[1 / 3] < face[2 / 3] and face[1.0] < face[2 / 3]
    assert baby < 0.9 * face[2 / 3] / np.linalg.norm(people.mean_landmarks[people.protocol.index("Ex_L")] * [2, 0, 0])


def test_what_is_asked_for(people: AnnyPopulation) -> None:
    def head(**asked: float) -> dict[str, np.ndarray]:
        made = people.head(np.random.default_rng(7), **asked)  # type: ignore[arg-type]
        return dict(zip(people.protocol.labels, made.landmarks, strict=True)) | {"blink": np.array(made.blink)}

    shut, opened, infant = head(lids=1.0), head(jaw_open=0.8), head(growth=0.6)
    assert shut["blink"] == 1.0
    gap = [np.linalg.norm(at["Li"] - at["Ls"]) for at in (head(jaw_open=0.01), opened)]
    assert gap[1] > gap[0] + 8
    assert np.linalg.norm(infant["Ex_L"] - infant["Ex_R"]) < 85


def test_a_change_of_one_half_moves_only_that(people: AnnyPopulation) -> None:
    plain = people.vertices(AnnyPerson(**MEAN))
    changed = people.vertices(replace(AnnyPerson(**MEAN), local={"l-cheek-volume-incr": 1.0}))
    one, both = ({"nose-scale-horiz-incr": 1.0}, {}), ({"nose-scale-horiz-incr": 1.0},) * 2
    moved = np.linalg.norm(changed - plain, axis=1)
    assert moved.max() > 1 and moved[people.model.neutral[:, 0] < -5].max() < 1e-3
    half, whole = (people.vertices(replace(AnnyPerson(**MEAN), local=a, other=b)) for a, b in (one, both))
    right = people.model.neutral[:, 0] < -20
    assert np.abs(half - plain)[right].max() < 1e-3 < np.abs(whole - plain)[right].max()


def test_scans_show_its_landmarks(people: AnnyPopulation) -> None:
    head = people.head(np.random.default_rng(3))
    clean = Scanner(people, severity=0).scan(head, np.random.default_rng(0))
    assert clean.visible.all() and clean.population == "anny"
    worn = Scanner(people).scan(head, np.random.default_rng(1))
    assert 10 < worn.visible.sum() <= len(people.protocol)


def test_both_populations_are_drawn_and_subjects_of_one_stay(people: AnnyPopulation, population: Population) -> None:
    both = PopulationScans(population, "train", 7, second=people, second_share=0.5)
    alone = PopulationScans(population, "train", 7)
    kinds = [both.population_of(k).name for k in range(24)]
    assert 6 <= kinds.count("anny") <= 18
    for k in [kinds.index("ICT"), kinds.index("anny")]:
        scan = both.scan(k)
        assert scan.population == kinds[k]
        assert np.array_equal(scan.landmarks, alone.scan(k).landmarks) == (kinds[k] == "ICT")
    np.testing.assert_array_equal(both.mean_shape, alone.mean_shape)
