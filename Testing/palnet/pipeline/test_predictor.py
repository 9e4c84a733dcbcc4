"""The whole way of a scan with the bundled model."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from palnet.errors import Cancelled, ModelError, NoFaceError, PalnetError, ScanError
from palnet.pipeline.acceptance import beyond_acceptance
from palnet.pipeline.alignment import UNITS, Aligner, Alignment
from palnet.pipeline.model import Model
from palnet.pipeline.patches import Clouds, PatchScale
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor, _Look
from palnet.rigid import apply, random_pose
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, clean_surface, closest_on_surface, surface_from_polydata
from shapes import WRITERS, grid, head, join, polydata


@pytest.fixture(scope="module")
def scan(sample: Path) -> Surface:
    return surface_from_polydata(read_surface(sample))


@pytest.fixture(scope="module")
def prediction(predictor: Predictor, sample: Path) -> Prediction:
    return predictor.predict_file(sample)


def test_sample_scan(predictor: Predictor, prediction: Prediction, scan: Surface) -> None:
    assert prediction.unit == "mm"
    assert prediction.points.shape == (len(prediction.protocol), 3)
    shown = ~prediction.missing
    assert shown.mean() > 0.9
    assert closest_on_surface(scan, prediction.points[shown])[1].max() < 0.01
    assert (prediction.expected_error[shown] > 0.1).all() and np.median(prediction.expected_error[shown]) < 4
    assert np.isnan(prediction.expected_error[~shown]).all()
    assert ((prediction.presence >= 0) & (prediction.presence <= 1)).all()
    assert prediction.model_checksum == predictor.model.checksum
    assert prediction.seconds.keys() >= {"reading", "cleaning", "alignment", "network", "projection"}


def test_true_landmarks_of_the_sample(prediction: Prediction) -> None:
    truth = json.loads((Path(__file__).parents[1] / "sample_landmarks.json").read_text(encoding="utf-8"))
    labels = prediction.protocol.labels
    shown = np.array([truth[label] is not None for label in labels])
    places = np.array([truth[label] or [np.nan] * 3 for label in labels])
    error = np.linalg.norm(prediction.points - places, axis=1)
    assert np.nanmean(error) < 2.0 and np.nanmax(error) < 8.0
    assert (prediction.missing == ~shown).mean() > 0.9


def test_points_that_a_person_placed(predictor: Predictor, data: Callable[[str], Path]) -> None:
    folder = data("meshmonk")
    truth = np.loadtxt(folder / "DemoFaceLandmarks.csv", delimiter=",")
    found = predictor.predict_file(folder / "DemoFace_10K.obj")
    places = [found.protocol.index(label) for label in ("En_R", "En_L", "Prn", "Ch_R", "Ch_L")]
    assert np.linalg.norm(found.points[places] - truth, axis=1).mean() < 2.5


def test_landmarks_are_a_face(predictor: Predictor, prediction: Prediction) -> None:
    in_face = apply(prediction.face_from_scan, prediction.points)
    off = np.linalg.norm(in_face - predictor.model.mean_shape, axis=1)[~prediction.missing]
    assert off.mean() < 10 and off.max() < 40
    left = [k for k, landmark in enumerate(prediction.protocol.landmarks) if landmark.side == "left"]
    right = prediction.protocol.mirror()[left]
    across = (in_face[left] - in_face[right])[:, 0]
    assert (across[np.isfinite(across)] > 5).all()


def test_the_same_bit_for_bit(prediction: Prediction, sample: Path) -> None:
    again = Predictor.load("face50", "cpu").predict_file(sample)
    for name in ("points", "expected_error", "presence", "face_from_scan"):
        assert getattr(again, name).tobytes() == getattr(prediction, name).tobytes()
    assert again.warnings == prediction.warnings


def test_views_look_at_two_samples_of_the_surface(
    predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = predictor._find_face(clean_surface(scan), "mm")
    points, expected, _, _ = predictor._landmarks(look)
    sample, shift = Clouds.sample, np.array([2.0, 0.0, 0.0])

    def beside(surface: Surface, scales: list[PatchScale], seed: int = 0) -> Clouds:
        assert seed != 0, "the first sample is there already"
        clouds = sample(surface, scales, seed)
        return Clouds([cloud + shift for cloud in clouds.points], clouds.normals)

    monkeypatch.setattr(Clouds, "sample", staticmethod(beside))
    # Half of the views see the surface two millimetres farther to the left.
    moved = np.median((predictor._landmarks(look)[0] - points)[expected < 2], axis=0)
    np.testing.assert_allclose(moved, shift / 2, atol=0.3)


@pytest.mark.parametrize(("seed", "unit"), [(0, "mm"), (1, "cm"), (2, "m"), (3, "mm"), (4, "cm")])
def test_pose_and_unit_do_not_matter(
    predictor: Predictor, prediction: Prediction, scan: Surface, seed: int, unit: str
) -> None:
    motion = random_pose(np.random.default_rng(seed), 100, 200)
    placed = Surface(apply(motion, scan.points) / UNITS[unit], scan.triangles)
    found = predictor.predict_surface(polydata(placed))
    assert found.unit == unit
    back = apply(np.linalg.inv(motion), found.points * UNITS[unit])
    both = ~(found.missing | prediction.missing)
    assert both.sum() >= len(both) - 2
    assert np.linalg.norm(back - prediction.points, axis=1)[both].mean() < 1.0
    if unit != "mm":
        assert any(f"unit is {unit}" in warning for warning in found.warnings)


@pytest.mark.parametrize("size", [0.8, 0.6])
def test_a_small_face(predictor: Predictor, prediction: Prediction, scan: Surface, size: float) -> None:
    found = predictor.predict_surface(polydata(Surface(scan.points * size, scan.triangles)))
    both = ~(found.missing | prediction.missing)
    assert found.unit == "mm" and both.sum() >= len(both) - 6
    assert np.linalg.norm(found.points - size * prediction.points, axis=1)[both].mean() < 1.5


def test_inside_out(predictor: Predictor, prediction: Prediction, scan: Surface) -> None:
    found = predictor.predict_surface(polydata(Surface(scan.points, scan.triangles[:, ::-1])))
    both = ~(found.missing | prediction.missing)
    assert np.linalg.norm(found.points - prediction.points, axis=1)[both].mean() < 1.0


def test_far_from_the_origin(predictor: Predictor, prediction: Prediction, scan: Surface) -> None:
    shift = np.array([5000.0, -3000.0, 8000.0])
    found = predictor.predict_surface(polydata(Surface(scan.points + shift, scan.triangles)))
    both = ~(found.missing | prediction.missing)
    assert np.linalg.norm(found.points - shift - prediction.points, axis=1)[both].mean() < 1.0


def test_what_is_cut_off_is_missing_not_invented(predictor: Predictor, prediction: Prediction, scan: Surface) -> None:
    in_face = apply(prediction.face_from_scan, scan.points)
    keep = (in_face[:, 0] < 35)[scan.triangles].all(axis=1)
    half = clean_surface(Surface(scan.points, scan.triangles[keep]))
    found = predictor.predict_surface(polydata(half))
    side = apply(prediction.face_from_scan, prediction.points)[:, 0]
    gone = np.nan_to_num(side) > 50
    assert gone.sum() > 5
    assert found.missing[gone].mean() > 0.9
    assert np.isnan(found.points[found.missing]).all() and np.isnan(found.expected_error[found.missing]).all()
    assert not found.missing[np.nan_to_num(side, nan=99) < 10].any()
    labels = [label for label, lost in zip(found.protocol.labels, found.missing, strict=True) if lost]
    assert any(", ".join(labels) in warning for warning in found.warnings)


def sphere() -> Surface:
    round_ = head(3000)
    return Surface(round_.points / np.linalg.norm(round_.points, axis=1, keepdims=True) * 100, round_.triangles)


def cube() -> Surface:
    side = Surface(grid(12, 15.0).points - 90.0 * np.array([1, 1, -1]), grid(12).triangles)
    turns = [np.eye(3), np.diag([1, -1, -1.0])]
    for axis in (0, 1):
        for sign in (1, -1):
            turn = np.roll(np.eye(3), axis + 1, axis=0) * sign
            turns.append(turn if np.linalg.det(turn) > 0 else turn @ np.diag([1, -1, 1.0]))
    return join(*(Surface(side.points @ turn.T, side.triangles) for turn in turns))


def noise() -> Surface:
    rng = np.random.default_rng(0)
    points = np.repeat(rng.normal(0, 60, (1000, 3)), 3, axis=0) + rng.normal(0, 4, (3000, 3))
    return Surface(points, np.arange(3000).reshape(-1, 3))


NO_FACES: dict[str, Callable[[], Surface]] = {
    "sphere": sphere,
    "cube": cube,
    "plane": lambda: grid(40, 6.0),
    "noise": noise,
    "one triangle": lambda: Surface(np.array([[0.0, 0, 0], [200, 0, 0], [0, 200, 0]]), np.array([[0, 1, 2]])),
    "tiny": lambda: Surface(head(500).points * 1e-4, head(500).triangles),
    "huge": lambda: Surface(head(500).points * 1e5, head(500).triangles),
}


@pytest.mark.parametrize("name", NO_FACES)
def test_not_a_face(predictor: Predictor, name: str) -> None:
    with pytest.raises(NoFaceError) as caught:
        predictor.predict_surface(polydata(NO_FACES[name]()))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_mouse_skull_is_no_face(predictor: Predictor, data: Callable[[str], Path]) -> None:
    skull = sorted(data("mouse-skulls/models").iterdir())[0]
    for unit in ("auto", "cm"):  # in cm it has the size of a head
        with pytest.raises(NoFaceError):
            predictor.predict_file(skull, unit)


@pytest.mark.parametrize("fill", [np.nan, np.inf, 0.0])
def test_no_usable_surface(predictor: Predictor, fill: float) -> None:
    shape = head(200)
    with pytest.raises(ScanError, match="usable"):
        predictor.predict_surface(polydata(Surface(np.full_like(shape.points, fill), shape.triangles)))
    with pytest.raises(ScanError, match="no triangles"):
        predictor.predict_surface(polydata(Surface(shape.points, shape.triangles[:0])))


@dataclasses.dataclass(frozen=True)
class _Held:
    """An aligner whose first search comes to nothing but what it is given."""

    aligner: Aligner
    given: tuple[Alignment, ...] = ()
    nothing_further: bool = False

    def candidates(self, surface: Surface, unit: str) -> tuple[Alignment, ...]:
        return self.given

    def further_candidates(self, surface: Surface, unit: str) -> Iterator[Alignment]:
        return iter(()) if self.nothing_further else self.aligner.further_candidates(surface, unit)


def _with(predictor: Predictor, held: _Held | None = None, **settings: float) -> Predictor:
    other = Predictor(dataclasses.replace(predictor.model, settings=predictor.model.settings | settings), "cpu")
    if held:
        other.aligner = cast(Aligner, held)
    return other


def test_a_further_search_where_the_first_comes_to_nothing(
    predictor: Predictor, prediction: Prediction, scan: Surface
) -> None:
    found = _with(predictor, _Held(predictor.aligner)).predict_surface(polydata(scan))
    both = ~(found.missing | prediction.missing)
    assert both.sum() >= len(both) - 2
    assert np.linalg.norm(found.points - prediction.points, axis=1)[both].mean() < 1.0


def test_the_model_says_what_is_searched(predictor: Predictor, scan: Surface) -> None:
    assert predictor.aligner.smaller == (0.75, 0.58)
    with pytest.raises(NoFaceError):
        _with(predictor, _Held(predictor.aligner), search_further=False).predict_surface(polydata(scan))


def test_the_best_few_are_looked_at_again(
    predictor: Predictor, prediction: Prediction, scan: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = next(iter(predictor.aligner.candidates(clean_surface(scan))))
    away = dataclasses.replace(right, pose=random_pose(np.random.default_rng(2), 12, 8) @ right.pose)
    looking = _with(predictor, _Held(predictor.aligner, (away,), nothing_further=True))
    looks: list[Alignment] = []

    def look(surface: Surface, alignment: Alignment, passes: int, in_front: bool = False) -> _Look | None:
        looks.append(alignment)
        said = predictor._look(surface, alignment, passes, in_front)
        # What the first look at it says is neither clear nor accepted.
        return dataclasses.replace(said, doubt=9.0, beyond=1.0) if said and len(looks) == 1 else said

    monkeypatch.setattr(looking, "_look", look)
    points = looking.predict_surface(polydata(scan)).points
    assert looks[0] == away and len(looks) == 2
    assert np.nanmean(np.linalg.norm(points - prediction.points, axis=1)) < 1.0
    # The second look is from where the first one put the face.
    nose = prediction.points[[prediction.protocol.index("Prn")]]
    first, second = (np.linalg.norm(apply(one.pose, nose) - apply(right.pose, nose)) for one in looks)
    assert second < first / 2


def test_a_whole_face_may_be_doubted_less_than_a_part(
    predictor: Predictor, prediction: Prediction, scan: Surface
) -> None:
    strict = _with(predictor, clear_doubt_mm=0.0, most_doubt_mm=4.0, most_doubt_whole_mm=0.3)
    with pytest.raises(NoFaceError):
        strict.predict_surface(polydata(scan))
    in_face = apply(prediction.face_from_scan, scan.points)
    part = Surface(scan.points, scan.triangles[(in_face[:, 0] < -5)[scan.triangles].all(axis=1)])
    assert strict.predict_surface(polydata(part)).points.shape == prediction.points.shape
    # Model files from before there was a limit for whole faces have one for all.
    before = _with(predictor, clear_doubt_mm=0.0, most_doubt_mm=4.0)
    before.model.settings.pop("most_doubt_whole_mm", None)
    assert before.predict_surface(polydata(scan)).points.shape == prediction.points.shape


def test_a_doubted_whole_face_has_a_usual_shape(predictor: Predictor) -> None:
    settings = {"clear_doubt_mm": 2.2, "most_doubt_mm": 3.2, "most_doubt_whole_mm": 2.6, "most_deviation_mm": 2.9}
    model = dataclasses.replace(predictor.model, settings=predictor.model.settings | settings)
    face, expected, whole = model.mean_shape, np.full(len(model.mean_shape), 2.4), np.full(len(model.mean_shape), 0.9)
    stretched = face * [1.0, 2.5, 1.0]
    assert beyond_acceptance(model, face, expected, whole, 2.4) < 0
    assert beyond_acceptance(model, stretched, expected, whole, 2.4) > 0
    # What the network does not doubt, parts, and models that do not know usual shapes: the shape is not asked.
    assert beyond_acceptance(model, stretched, expected, whole, 2.1) < 0
    assert beyond_acceptance(model, stretched, expected, np.where(np.arange(len(face)) < 20, 0.9, 0.1), 2.4) < 0
    assert beyond_acceptance(dataclasses.replace(model, shape=None), stretched, expected, whole, 2.4) < 0
    del model.settings["most_deviation_mm"]
    assert beyond_acceptance(model, stretched, expected, whole, 2.4) < 0


def test_the_last_look_decides(predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = _with(predictor)

    def doubting(look: _Look) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        points, expected, presence, pose = predictor._landmarks(look)
        return points, 4 * expected, presence, pose

    monkeypatch.setattr(looking, "_landmarks", doubting)
    with pytest.raises(NoFaceError, match="No face was found"):
        looking.predict_surface(polydata(scan))


def test_wrong_unit_is_said(predictor: Predictor, sample: Path) -> None:
    with pytest.raises(NoFaceError, match="unit"):
        predictor.predict_file(sample, "m")


def test_progress_and_cancel(predictor: Predictor, sample: Path) -> None:
    heard: list[tuple[float, str]] = []
    predictor.predict_file(sample, progress=lambda share, step: heard.append((share, step)))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1 and len(heard) >= 5
    assert all(step for _, step in heard)

    def stop(share: float, step: str) -> None:
        if share > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        predictor.predict_file(sample, progress=stop)


def test_frame_of_the_header_is_passed_on(predictor: Predictor, scan: Surface, tmp_path: Path) -> None:
    path = tmp_path / "Gesicht Müller.ply"
    WRITERS["ascii.ply"](polydata(scan), path)
    path.write_bytes(path.read_bytes().replace(b"obj_info", b"comment SPACE=RAS\nobj_info", 1))
    assert predictor.predict_file(path).space == "RAS"


def test_scan_with_faults(predictor: Predictor, prediction: Prediction, scan: Surface) -> None:
    rng = np.random.default_rng(3)
    points = scan.points.copy()
    points[rng.choice(len(points), 40, replace=False)] = np.nan
    spikes = rng.choice(len(points), 20, replace=False)
    points[spikes] += rng.normal(0, 60, (20, 3))
    corners = points[scan.triangles].reshape(-1, 3)
    soup = Surface(corners, np.arange(len(corners)).reshape(-1, 3))
    crumbs = Surface(grid(2, 1.0).points + scan.points.max(axis=0), grid(2).triangles)
    found = predictor.predict_surface(polydata(join(soup, crumbs)))
    both = ~(found.missing | prediction.missing)
    assert both.sum() >= len(both) - 3
    assert np.linalg.norm(found.points - prediction.points, axis=1)[both].mean() < 1.5


def test_model_that_does_not_fit(predictor: Predictor) -> None:
    model = predictor.model
    first = next(iter(model.weights))
    faults: list[Model] = [
        dataclasses.replace(model, network=("no such network", {})),
        dataclasses.replace(model, network=(model.network[0], {"colour": 1})),
        dataclasses.replace(model, weights={name: w for name, w in model.weights.items() if name != first}),
        dataclasses.replace(model, weights=model.weights | {first: model.weights[first][:-1]}),
        dataclasses.replace(model, alignment={}),
    ]
    for fault in faults:
        with pytest.raises(ModelError, match="does not fit this program"):
            Predictor(fault, "cpu")


def test_errors_are_of_one_family() -> None:
    assert all(issubclass(error, PalnetError) for error in (Cancelled, ModelError, NoFaceError, ScanError))
