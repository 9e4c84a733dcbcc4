"""The FaceScape benchmark: faces in FaceScape's layout, read as a user's would be, and the protocol of the points."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from palnet.population.face_model import SKIN, FaceModel, read_face_model
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import closest_on_surface
from palnet.training.annotated import AnnotatedScans, read_annotated


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
    try:
        import facescape
    finally:
        del sys.path[0]
    return facescape


@pytest.fixture(scope="module")
def model() -> FaceModel:
    """A bumpy sheet with the skin's number of vertices and some more that no scan shows; two modes."""
    rows, columns = 113, 100
    at = np.arange(rows * columns)
    x, y = (at % columns - columns / 2) * 1.5, (at // columns - rows / 2) * 1.5
    neutral = np.stack([x, y, 10 * np.cos(x / 20) * np.cos(y / 15)], axis=1).astype(np.float32)
    corner = at.reshape(rows, columns)[:-1, :-1].ravel()
    first = np.stack([corner, corner + 1, corner + columns], axis=1)
    second = np.stack([corner + 1, corner + columns + 1, corner + columns], axis=1)
    identity = np.random.default_rng(0).normal(0, 0.1, (2, len(neutral), 3)).astype(np.float32)
    return FaceModel(neutral, identity, identity[:0], (), np.vstack([first, second]))


@pytest.fixture(scope="module")
def folder(benchmark: ModuleType, model: FaceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("facescape") / "faces"
    benchmark.write_faces(folder, model, 5)
    return folder


@pytest.fixture(scope="module")
def scans(folder: Path) -> AnnotatedScans:
    return read_annotated(folder, protocol=Protocol.bundled("facescape68"))


def test_faces_are_read_back(benchmark: ModuleType, model: FaceModel, scans: AnnotatedScans) -> None:
    assert scans.problems == ()
    assert scans.subjects == ["1", "2", "3", "4", "5"]
    for scan in scans.scans:
        surface = scan.surface()
        assert len(surface.points) == len(SKIN)
        assert closest_on_surface(surface, scan.points)[1].max() < 1e-3
        # Within the modes: the landmarks are those very vertices, of a face that is not the mean one.
        off = scan.points - model.neutral[list(benchmark.MULTI_PIE)]
        modes = model.identity[:, list(benchmark.MULTI_PIE)].reshape(2, -1)
        weights, _, _, _ = np.linalg.lstsq(modes.T, off.ravel(), rcond=None)
        assert np.abs(weights).max() > 0.05
        np.testing.assert_allclose(weights @ modes, off.ravel(), atol=1e-3)


def test_every_subject_has_another_face(scans: AnnotatedScans) -> None:
    shapes = np.stack([scan.points for scan in scans.scans])
    apart = np.abs(shapes[:, None] - shapes[None]).max(axis=(2, 3))
    assert apart[~np.eye(5, dtype=bool)].min() > 0.01


def test_the_same_faces_again(benchmark: ModuleType, model: FaceModel, folder: Path, tmp_path: Path) -> None:
    benchmark.write_faces(tmp_path, model, 2)
    for name in ("1", "2"):
        path = Path(name) / "models_reg" / "1_neutral.obj"
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes()


def test_a_fifth_is_tested(benchmark: ModuleType, scans: AnnotatedScans) -> None:
    learned, tested = benchmark.split(scans)
    assert len(tested.subjects) == 1
    assert sorted(learned.subjects + tested.subjects) == scans.subjects


def test_pairs_mirror_each_other_on_the_face_model(benchmark: ModuleType, data: Callable[[str], Path]) -> None:
    neutral = read_face_model(data("ict-facekit")).neutral[list(benchmark.MULTI_PIE)]
    protocol = Protocol.bundled("facescape68")
    np.testing.assert_allclose(neutral[protocol.mirror()] * [-1, 1, 1], neutral, atol=0.01)
    sides = [landmark.side for landmark in protocol.landmarks]
    # x leads to the subject's left.
    assert sides == ["midline" if abs(x) < 0.01 else "left" if x > 0 else "right" for x in neutral[:, 0]]
