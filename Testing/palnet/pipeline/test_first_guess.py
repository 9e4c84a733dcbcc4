"""The first guess of a scan's pose: maps that turn with the scan, votes that lead back to the pose."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.alignment import gather
from palnet.pipeline.first_guess import (
    RINGS,
    SECTORS,
    SPACING_MM,
    Frames,
    StationNet,
    Votes,
    frames,
    height_maps,
    seeds_of,
    stations_of,
)
from palnet.rigid import apply, random_pose
from palnet.scans.surface import sample_surface
from palnet.training.station_net import true_class
from scipy.spatial.transform import Rotation
from shapes import head

POINTS, NORMALS = sample_surface(head(4000), SPACING_MM)
STATIONS = stations_of(np.hstack(sample_surface(head(4000), 4.0)))


def moved(pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The head's cloud as a scan that ``pose`` brings back to the face frame."""
    back = np.linalg.inv(pose)
    return apply(back, POINTS), NORMALS @ back[:3, :3].T


def turned(seeds: Frames, angle: float) -> Frames:
    """The same seeds with tangents turned about their normals."""
    cos, sin = np.cos(angle), np.sin(angle)
    return Frames(seeds.points, seeds.axes @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]]))


def test_frames_are_rotations() -> None:
    rng = np.random.default_rng(0)
    normals = np.vstack([rng.normal(size=(50, 3)), np.eye(3), -np.eye(3)])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    axes = frames(np.zeros_like(normals), normals).axes
    np.testing.assert_allclose(np.einsum("sij,sik->sjk", axes, axes), np.tile(np.eye(3), (56, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0)
    np.testing.assert_allclose(axes[:, :, 2], normals)


def test_maps_do_not_depend_on_the_pose() -> None:
    seeds = seeds_of(POINTS, NORMALS)
    maps = height_maps(POINTS, NORMALS, seeds)
    assert maps.shape == (len(seeds.points), 3, RINGS, SECTORS)
    assert maps.dtype == np.float32
    pose = random_pose(np.random.default_rng(1), 90, 100)
    points, normals = moved(pose)
    back = np.linalg.inv(pose)
    same = Frames(apply(back, seeds.points), back[:3, :3] @ seeds.axes)
    other = height_maps(points, normals, same)
    # Points on the border of two bins may fall to either.
    assert (np.abs(other - maps).max(axis=1) > 1e-3).mean() < 0.001


@pytest.mark.parametrize("sectors", [1, 5, 12, 23])
def test_turning_a_seed_shifts_its_map(sectors: int) -> None:
    seeds = seeds_of(POINTS, NORMALS)
    maps = height_maps(POINTS, NORMALS, seeds)
    shifted = height_maps(POINTS, NORMALS, turned(seeds, sectors * 2 * np.pi / SECTORS))
    assert (np.abs(shifted - np.roll(maps, -sectors, axis=3)).max(axis=1) > 1e-3).mean() < 0.001
    assert np.abs(shifted - maps).max() > 0.1


def random_network(stations: int) -> StationNet:
    """One that was not trained."""
    rng = np.random.default_rng(0)
    shapes = {
        "layers.0": (48, 4, 3, 5),
        "layers.1": (48, 48, 3, 5),
        "layers.2": (96, 48, 4, 5),
        "layers.3": (96, 96, 1, 5),
        "out": (stations, 192, 1, 1),
        "none": (1, 96),
    }
    weights = {f"{name}.weight": rng.normal(size=shape) / np.sqrt(np.prod(shape[1:])) for name, shape in shapes.items()}
    weights |= {f"{name}.bias": rng.normal(0, 0.1, shape[0]) for name, shape in shapes.items()}
    return StationNet(stations, weights)


def test_the_network_shifts_with_the_map() -> None:
    network = random_network(5)
    maps = height_maps(POINTS, NORMALS, seeds_of(POINTS, NORMALS))[:4]
    plain, shifted = network(maps), network(np.roll(maps, 7, axis=3))
    assert plain.shape == (4, 5 * SECTORS + 1)
    stations = plain[:, :-1].reshape(4, 5, SECTORS)
    np.testing.assert_allclose(
        shifted[:, :-1].reshape(4, 5, SECTORS), np.roll(stations, 7, axis=2), atol=1e-4, rtol=1e-4
    )
    np.testing.assert_allclose(shifted[:, -1], plain[:, -1], atol=1e-4, rtol=1e-4)
    assert stations.std() > 0


def test_heights_and_holes() -> None:
    x, y = np.meshgrid(np.arange(-60, 61, 3.0), np.arange(-60, 61, 3.0))
    plane = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    step = plane[plane[:, 0] > 30] + [0, 0, 20.0]
    normals = np.tile([0.0, 0.0, 1.0], (len(plane) + len(step), 1))
    seed = Frames(np.zeros((1, 3)), np.eye(3)[None])
    height, facing, shown = height_maps(np.vstack([plane, step]), normals, seed)[0]
    assert height.max() == pytest.approx(20 / 40)  # of two surfaces the higher one
    assert (facing[shown == 1] == 1).all() and (facing[shown == 0] == 0).all()
    assert (shown[:4] == 1).mean() > 0.95 and (shown[-1] == 0).any()


class Knowing(StationNet):
    """Answers what is true of the seeds of a scan, which are asked in their order."""

    def __init__(self, classes: np.ndarray) -> None:
        self.stations = len(STATIONS.points)
        self.classes = classes

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        these, self.classes = np.split(self.classes, [len(maps)])
        return 20.0 * np.eye(self.stations * SECTORS + 1, dtype=np.float32)[these]


@pytest.mark.parametrize("seed", range(6))
def test_true_classes_vote_for_the_true_pose(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed), 120, 300)
    points, normals = moved(pose)
    seeds = seeds_of(points, normals)
    classes = true_class(seeds, STATIONS, pose)
    assert classes.shape == (len(seeds.points),)
    assert ((classes >= 0) & (classes <= len(STATIONS.points) * SECTORS)).all()
    assert (classes < len(STATIONS.points) * SECTORS).mean() > 0.7
    poses, chances = Votes(Knowing(classes), points, normals, STATIONS).best(64)
    assert (np.diff(chances) <= 1e-6).all()
    voted = poses[chances > 0.5]
    assert len(voted) > 30
    turn = Rotation.from_matrix(voted[:, :3, :3] @ pose[:3, :3].T).magnitude()
    assert np.degrees(np.median(turn)) < 20
    best = gather(poses, chances)[0]
    assert np.degrees(Rotation.from_matrix(best[:3, :3] @ pose[:3, :3].T).magnitude()) < 8
    assert np.linalg.norm(apply(best, points) - POINTS, axis=1).mean() < 15


def test_what_is_no_face_has_the_last_class() -> None:
    seeds = seeds_of(POINTS, NORMALS)
    last = len(STATIONS.points) * SECTORS
    away = np.eye(4)
    away[:3, 3] = 500
    assert (true_class(seeds, STATIONS, away) == last).all()
    inside_out = Frames(seeds.points, seeds.axes * [1, -1, -1])
    assert (true_class(inside_out, STATIONS, np.eye(4)) == last).all()


def test_seeds_may_vote_for_more_than_one_station() -> None:
    votes = Votes(random_network(len(STATIONS.points)), POINTS, NORMALS, STATIONS)
    seeds = len(seeds_of(POINTS, NORMALS).points)
    one, sure = votes.best(10_000)
    three, less = votes.best(10_000, each=3)
    assert len(one) == seeds and len(three) == 3 * seeds
    assert (np.diff(less) <= 0).all() and less.sum() > sure.sum()
    # The likeliest station of each seed is among them, with the same pose.
    for pose in one[:20]:
        assert np.abs(three - pose).max(axis=(1, 2)).min() < 1e-12


def test_a_few_seeds_are_asked_first() -> None:
    """Each seed is looked at once, and votes the same whoever else is asked."""
    looked: list[int] = []
    network = random_network(len(STATIONS.points))

    class Counting(StationNet):
        def __init__(self) -> None:
            self.stations = network.stations

        def __call__(self, maps: np.ndarray) -> np.ndarray:
            looked.append(len(maps))
            return network(maps)

    votes = Votes(Counting(), POINTS, NORMALS, STATIONS)
    few, _ = votes.best(10_000, seeds=9)
    assert len(few) == 9 == sum(looked)
    every, _ = votes.best(10_000)
    assert len(every) == sum(looked) == len(seeds_of(POINTS, NORMALS).points)
    for pose in few:
        assert np.abs(every - pose).max(axis=(1, 2)).min() < 1e-5


def test_no_seeds_no_votes() -> None:
    nothing = np.zeros((0, 3))
    poses, chances = Votes(random_network(3), nothing, nothing, STATIONS).best(10)
    assert poses.shape == (0, 4, 4) and chances.shape == (0,)
