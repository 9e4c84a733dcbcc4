"""Training on annotated scans of things that are no faces: frame, size, changes, folds, and the way to a model file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.errors import AnnotationError, OutputError
from palnet.evaluation.crossvalidation import crossvalidate, folds_of
from palnet.files import beside_name
from palnet.pipeline.model import Model
from palnet.pipeline.patches import PatchScale
from palnet.pipeline.predictor import Predictor
from palnet.protocols.from_labels import protocol_from_labels
from palnet.protocols.mean_shape import (
    WORKING_SIZE_MM,
    complete,
    mean_of_shapes,
    mirror_of,
    symmetric,
    working_scale,
)
from palnet.protocols.protocol import Protocol
from palnet.rigid import apply, random_pose, rigid_fit
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training import model as training
from palnet.training.annotated import AnnotatedScans, read_annotated
from palnet.training.annotated_source import AnnotatedSource, prepare, split_sources
from palnet.training.dataset import training_scan
from recorder import Recorder
from shapes import polydata
from things import CONFIG, LABELS, PROTOCOL, WAYS, thing, write_things


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten things of nine subjects, as a user would have them."""
    return write_things(tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="module")
def scans(folder: Path) -> AnnotatedScans:
    found = read_annotated(folder)
    assert not found.problems
    return found


def shapes(count: int = 10) -> np.ndarray:
    return np.stack([thing(k)[1] for k in range(count)])


def test_mean_shape_is_centred_symmetric_and_leads_x_to_the_left() -> None:
    mean = mean_of_shapes(shapes(), PROTOCOL)
    np.testing.assert_allclose(mean.mean(axis=0), 0, atol=1e-9)
    mirrored = (mean * [-1, 1, 1])[PROTOCOL.mirror()]
    np.testing.assert_allclose(mirrored, mean, atol=1e-6)
    left = [landmark.side == "left" for landmark in PROTOCOL.landmarks]
    assert (mean[left, 0] > 1).all()
    off = [np.linalg.norm(apply(rigid_fit(one, mean), one) - mean, axis=1).mean() for one in shapes()]
    assert np.mean(off) < 0.06 * 20


def test_mean_shape_with_missing_points_is_about_the_same() -> None:
    whole, holed = shapes(), shapes()
    holed[np.arange(10), np.arange(10) % 8] = np.nan
    one, other = mean_of_shapes(whole, PROTOCOL), mean_of_shapes(holed, PROTOCOL)
    assert np.linalg.norm(apply(rigid_fit(other, one), other) - one, axis=1).max() < 0.3
    holed[:, 4] = np.nan
    with pytest.raises(AnnotationError, match="'chin'"):
        mean_of_shapes(holed, PROTOCOL)
    holed = shapes(2)
    holed[1, 2:] = np.nan
    with pytest.raises(AnnotationError, match="fewer than three"):
        mean_of_shapes(holed, PROTOCOL)


def test_views_of_the_protocol_set_the_frame() -> None:
    data = PROTOCOL.to_json()
    for landmark, way in zip(data["landmarks"], WAYS, strict=True):
        landmark["view"] = list(way)
    mean = mean_of_shapes(shapes(), Protocol.from_json(data))
    assert mean[0, 2] > 5 and mean[7, 2] < -5  # front and back along z
    assert mean[1, 1] > 5 and mean[4, 1] < -5  # top and chin along y


def test_complete_fills_what_is_missing_and_nothing_else() -> None:
    mean = mean_of_shapes(shapes(), PROTOCOL)
    pose = random_pose(np.random.default_rng(0), 90, 50)
    points = apply(pose, mean)
    holed = points.copy()
    holed[2] = np.nan
    filled = complete(holed, mean)
    np.testing.assert_allclose(filled, points, atol=1e-6)
    np.testing.assert_array_equal(filled[3:], points[3:])


@pytest.mark.parametrize(("size", "scale"), [(73.0, 1.0), (40.0, 1.0), (140.0, 1.0), (6.3, 12.0), (730.0, 0.1)])
def test_faces_keep_their_size_and_other_things_get_it(size: float, scale: float) -> None:
    mean = np.array([[1.0, 0, 0], [-1.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0]]) * size
    assert working_scale(mean) == scale


def test_specimens_lie_in_the_frame_of_the_mean_at_working_size(scans: AnnotatedScans) -> None:
    mean = mean_of_shapes(np.stack([scan.points for scan in scans.scans]), PROTOCOL)
    scale = working_scale(mean)
    assert scale > 5
    specimens = prepare(scans, mean * scale, scale)
    for one in specimens:
        size = np.sqrt(np.nanmean(np.nansum(one.landmarks**2, axis=1)))
        assert 0.7 * WORKING_SIZE_MM < size < 1.3 * WORKING_SIZE_MM
        assert np.nanmax(one.reach) < 0.01
    wrong = scans.of([replace(scans.scans[0], points=scans.scans[0].points + 40)])
    with pytest.raises(AnnotationError, match="far from its surface"):
        prepare(wrong, mean * scale, scale)


def test_what_was_marked_on_one_side_only_stays_there(scans: AnnotatedScans) -> None:
    """Its mirror image is no landmark of its name: not in the mean, in mirrored scans, or the shape model."""
    labels = [label for label in PROTOCOL.labels if label != "P_R"]
    assert len(labels) == len(PROTOCOL) - 1
    at = [PROTOCOL.labels.index(label) for label in labels]
    alone = labels.index("P_L")
    protocol = protocol_from_labels("part", labels)
    part = replace(scans, labels=tuple(labels), scans=tuple(replace(s, points=s.points[at]) for s in scans.scans))
    mean, whole = (mean_of_shapes(np.stack([s.points for s in some]), p)
                   for some, p in ((part.scans, protocol), (scans.scans, PROTOCOL)))  # fmt: skip
    moved = apply(rigid_fit(mean, whole[at]), mean)
    assert np.linalg.norm(moved - whole[at], axis=1).max() < 0.1 * np.sqrt((whole**2).sum(axis=1).mean())
    assert not symmetric(mean, protocol)[alone] and (mirror_of(mean, protocol) == np.arange(len(labels))).all()
    source = split_sources(part, protocol, 0.2, 42).train
    mirrored = 0
    for index in range(12):
        one = source.scan(index)
        aside = one.landmarks[alone, 0] * source.mean_shape[alone, 0]
        assert aside > 0 or not one.visible[alone]
        mirrored += not one.visible[alone]
    assert 0 < mirrored < 12


@pytest.fixture(scope="module")
def source(scans: AnnotatedScans) -> AnnotatedSource:
    return split_sources(scans, PROTOCOL, 0.2, 42).train


def test_splits_part_subjects(scans: AnnotatedScans) -> None:
    split = split_sources(scans, PROTOCOL, 0.2, 42)
    assert len(split.train.specimens) + len(split.validation.specimens) == 10
    assert len(split.shapes) == len(split.train.specimens)
    some = scans.scans[0].points.copy()
    some[2:] = np.nan
    with pytest.raises(AnnotationError, match="T0 has 2 of 8 landmarks"):
        split_sources(scans.of([replace(scans.scans[0], points=some), *scans.scans[1:]]), PROTOCOL, 0.2, 42)
    with pytest.raises(AnnotationError, match="at least four"):
        split_sources(scans.of(scans.scans[:4]), PROTOCOL, 0.2, 42)


def test_a_number_is_always_the_same_scan_and_landmarks_stay_on_the_surface(source: AnnotatedSource) -> None:
    changed = 0
    for number in range(12):
        one, again = source.scan(number), source.scan(number)
        np.testing.assert_array_equal(one.surface.points, again.surface.points)
        np.testing.assert_array_equal(one.landmarks, again.landmarks)
        assert np.isfinite(one.landmarks).all()
        assert closest_on_surface(one.surface, one.landmarks)[1][one.visible].max() < 3.1
        changed += int(one.visible.all())
        prepared = training_scan(one, source.mean_shape, [PatchScale(7.0, 16)], number)
        assert prepared is not None
        assert np.linalg.norm(prepared.landmarks - source.mean_shape, axis=1)[one.visible].mean() < 12
    assert changed >= 4
    assert not np.array_equal(source.scan(0).landmarks, source.scan(len(source.specimens)).landmarks)


def test_mirror_images_keep_left_and_right(source: AnnotatedSource) -> None:
    """Half of the scans are mirrored; in all of them the left landmarks lie on the left of the frame."""
    left = np.array([landmark.side == "left" for landmark in PROTOCOL.landmarks])
    for number in range(12):
        scan = source.scan(number)
        in_face = apply(rigid_fit(scan.landmarks, source.mean_shape), scan.landmarks)
        assert (in_face[left, 0] > 10).all()
        normals = scan.surface.normals() * scan.surface.areas()[:, None]
        centre = scan.surface.points.mean(axis=0)
        outward = scan.surface.points[scan.surface.triangles].mean(axis=1) - centre
        assert (normals * outward).sum() > 0  # still wound outwards


def test_an_unannotated_landmark_is_hidden(scans: AnnotatedScans) -> None:
    mean = mean_of_shapes(np.stack([scan.points for scan in scans.scans]), PROTOCOL)
    scale = working_scale(mean)
    only = prepare(scans.of([scan for scan in scans.scans if scan.name == "T3"]), mean * scale, scale)
    scan = AnnotatedSource(only, PROTOCOL, mean * scale, scale, "validation", 1, 0.0).scan(5)
    assert scan.visible.tolist() == [True] * 4 + [False] + [True] * 3
    assert np.isfinite(scan.landmarks).all()


def test_template_is_near_the_mean(source: AnnotatedSource) -> None:
    template = source.template()
    distance = np.linalg.norm(template[None, :, :3] - source.mean_shape[:, None], axis=2).min(axis=1)
    assert distance.max() < 5
    np.testing.assert_allclose(np.linalg.norm(template[:, 3:], axis=1), 1, atol=1e-6)


def test_folds_test_each_subject_once(scans: AnnotatedScans) -> None:
    folds = folds_of(scans, 3, 42)
    tested = [scan.name for _, test in folds for scan in test.scans]
    assert sorted(tested) == sorted(scan.name for scan in scans.scans)
    for learn, test in folds:
        assert not set(learn.subjects) & set(test.subjects)
        assert len(learn.scans) + len(test.scans) == 10
    assert [test.subjects for _, test in folds_of(scans, 3, 42)] == [test.subjects for _, test in folds]
    assert [test.subjects for _, test in folds_of(scans, 3, 43)] != [test.subjects for _, test in folds]
    for wrong in (1, 10):
        with pytest.raises(AnnotationError):
            folds_of(scans, wrong, 42)


@pytest.fixture(scope="module")
def crossed(scans: AnnotatedScans, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("crossed")
    done = crossvalidate(CONFIG, scans, PROTOCOL, 3, base / "work", base / "out", lambda _text: None, None, ["mean"])
    assert list(done) == ["things", "mean shape"]
    assert [len(one.results) for one in done.values()] == [10, 10]
    return base


def test_every_scan_gets_a_prediction_by_a_model_that_never_saw_its_subject(
    crossed: Path, scans: AnnotatedScans
) -> None:
    tested = json.loads((crossed / "out" / "folds.json").read_text())
    assert sorted(name for part in tested for name in part) == sorted(scan.name for scan in scans.scans)
    for number, names in enumerate(tested, 1):
        model = Model.load(crossed / "work" / f"fold{number}" / "model.palnet")
        assert model.scale > 5 and model.protocol.labels == list(LABELS)
        assert 5 < np.sqrt((model.mean_shape**2).sum(axis=1).mean()) < 15
        for name in names:
            for method in ("things", "mean shape"):
                said = json.loads((crossed / "out" / method / f"{name}.prediction.json").read_text())
                assert "refused" in said or said["model_checksum"] == model.checksum


def test_a_second_run_trains_nothing_and_says_the_same(
    crossed: Path, scans: AnnotatedScans, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("trained again")

    first = {path: json.loads(path.read_text()) for path in (crossed / "out").rglob("*.json")}
    monkeypatch.setattr(training, "train_on_annotated", never)
    # Of a run before it that was killed.
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = crossed / "out" / CONFIG.name / re.sub(r"-\d+-", f"-{ended.pid}-", beside_name(".partial"))
    left.write_text("{")
    crossvalidate(CONFIG, scans, PROTOCOL, 3, crossed / "work", crossed / "out", lambda _text: None)
    assert os.name != "posix" or not left.exists()
    # What had been predicted stays to the second; only what had been refused is tried again.
    assert {path: json.loads(path.read_text()) for path in (crossed / "out").rglob("*.json")} == first


def test_work_of_another_crossvalidation_is_not_taken(crossed: Path, scans: AnnotatedScans) -> None:
    for config, folds, some in (
        (replace(CONFIG, rate=0.1), 3, scans),
        (CONFIG, 4, scans),
        (CONFIG, 3, scans.of(scans.scans[:9])),
    ):
        with pytest.raises(OutputError, match="another folder"):
            crossvalidate(config, some, PROTOCOL, folds, crossed / "work", crossed / "out", lambda _text: None)


def test_command_line(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({k: v for k, v in vars(CONFIG).items()}))
    model_file = tmp_path / "things.palnet"

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments], Recorder())
        said = capfd.readouterr()
        return code, said.out, said.err

    train = ("train", tmp_path / "config.json", "--scans", folder, "--work", tmp_path / "work", "--output", model_file)
    code, out, err = run(*train)
    assert code == 0 and "10 scans of 9 subjects, 8 landmarks, in mm" in out
    model = Model.load(model_file)
    assert model.facts["scans"] + model.facts["validation_scans"] == 10
    assert np.isfinite(model.settings["expected_error_mm"]).all()
    assert model.settings["clear_doubt_mm"] < model.settings["most_doubt_mm"]
    code, out, err = run(*train, "--population", tmp_path)
    assert code == 1 and "either --population or --scans" in err
    code, out, err = run(
        "crossvalidate", tmp_path / "config.json", "--scans", tmp_path, "--work", tmp_path, "--output", tmp_path / "o"
    )
    assert code == 1 and "No scan with landmarks was found" in err


def test_predictor_answers_in_mm_of_the_scan(folder: Path, crossed: Path) -> None:
    """An untrained network cannot place landmarks; sizes and frames must be right all the same."""
    model = Model.load(crossed / "work" / "fold1" / "model.palnet")
    model.settings |= {"clear_doubt_mm": 100.0, "most_doubt_mm": 100.0, "least_presence": 0.0, "least_shown": 0.0}
    model.settings["most_distance_mm"] = 100.0
    predictor = Predictor(model)
    surface, _ = thing(0)
    for unit, factor in (("mm", 1.0), ("cm", 0.1)):
        scaled = Surface(surface.points * factor, surface.triangles)
        said = predictor.predict_surface(polydata(scaled), unit)
        assert closest_on_surface(scaled, said.points)[1].max() < 1e-3
        in_face = apply(said.face_from_scan, said.points)
        assert np.linalg.norm(in_face - model.mean_shape, axis=1).mean() < 8
        assert np.linalg.det(said.face_from_scan[:3, :3]) == pytest.approx((1 / factor) ** 3)
        assert said.expected_error.min() > 0 and said.expected_error.max() < 3
        assert said.alignment_error < 3
    assert "specimen" in _refusal(predictor)


def _refusal(predictor: Predictor) -> str:
    predictor.model.settings |= {"clear_doubt_mm": 0.0, "most_doubt_mm": 0.0}
    with pytest.raises(Exception, match="No specimen was found") as caught:
        predictor.predict_surface(polydata(thing(1)[0]), "mm")
    return str(caught.value)


def test_mouse_skulls_make_a_source(data: Callable[[str], Path]) -> None:
    scans = read_annotated(data("mouse-skulls"))
    chosen = scans.of([scan for scan in scans.scans if scan.name in ("WSB", "A_J", "AKR_J", "FVB_NJ", "PL")])
    assert len(chosen.scans) == 5
    split = split_sources(chosen, protocol_from_labels("skull", scans.labels), 0.2, 42)
    scan = split.train.scan(0)
    assert split.train.scale == 12.0 and scan.landmarks.shape == (51, 3)
    assert closest_on_surface(scan.surface, scan.landmarks)[1][scan.visible].mean() < 1.0
