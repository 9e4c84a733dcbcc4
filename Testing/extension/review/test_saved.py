"""A review tomorrow: in the scene, with the model of the landmarks, damaged, and as older versions wrote it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import egg
from host.start import Host, LoadedModule
from palnet.errors import ReviewError
from palnet.pipeline.model import Model
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State
from PALNetLandmarkerLib.nodes import record, storage
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of, place_of, states
from user import save_data
from vtk import vtkPLYWriter

BEFORE = Path(__file__).resolve().parents[1] / "written_before"
DECIDED = {"N": State.ACCEPTED, "Prn": State.ACCEPTED, "T_L": State.MISSING}


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """The file of a landmark model that is not bundled, and knows what is usual."""
    model = Model.find("face50")
    model.name = "mine"
    model.save(tmp_path / "trained at home.palnet")
    return tmp_path / "trained at home.palnet"


@pytest.mark.parametrize("text", ["", "{", '{"format": "other"}', '{"format": "palnet-review", "version": 99}'])
def test_damaged_record(session: ReviewSession, text: str) -> None:
    session.close()
    session.node.SetAttribute(record.ATTRIBUTE, text)
    if not text:  # as if there had never been one: points and expected errors are enough to begin
        assert ReviewSession(session.node).reviewed == 0
        return
    with pytest.raises(ReviewError):
        ReviewSession(session.node)


def test_landmarks_of_an_older_version(session: ReviewSession) -> None:
    """They have points, labels and expected errors, and no record."""
    session.close()
    node = session.node
    node.SetAttribute(record.ATTRIBUTE, None)
    again = ReviewSession(node)
    assert again.reviewed == 0
    assert {row.label for row in again.rows if row.missing} == {"T_R", "Sba_L"}
    np.testing.assert_allclose([r.expected_error for r in again.rows], [r.expected_error for r in session.rows])
    again.next_doubtful()
    again.accept()
    assert again.reviewed == 1
    again.close()


def test_points_that_are_no_landmarks(host: Host) -> None:
    node = host.core.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "mine")
    node.AddControlPoint(1.0, 2.0, 3.0)
    with pytest.raises(ReviewError, match="'mine' holds no landmarks"):
        ReviewSession(node)


def test_saved_scene(session: ReviewSession, model: Any, tmp_path: Path) -> None:
    """Tomorrow everything is there: states, predictions, model and times; what is only shown is not."""
    session.accept("G")
    session.place("Prn", place_of(session, "Prn") + 5.0)
    session.mark_missing("Tr")
    before = session.review
    scene = slicer.mrmlScene
    for node, name in ((model, "egg.ply"), (session.node, "egg.mrk.json")):
        assert slicer.util.saveNode(node, str(tmp_path / name))
    scene.SetRootDirectory(str(tmp_path))
    scene.SetURL(str(tmp_path / "egg.mrml"))
    assert scene.Commit()
    assert "PAL-Net zones" not in (tmp_path / "egg.mrml").read_text(encoding="utf-8")
    scene.Clear()
    scene.SetURL(str(tmp_path / "egg.mrml"))
    scene.Connect()
    again = ReviewSession(slicer.util.getNode("egg landmarks"))
    assert again.review.states == before.states and again.review.times == before.times
    np.testing.assert_allclose(again.review.points, before.points, atol=1e-9)
    assert again.review.prediction.to_json() == before.prediction.to_json()
    assert again.model.GetName() == "egg"
    again.close()


def test_a_model_by_file_raises_its_concerns(
    module: LoadedModule, model: Any, prediction: Prediction, own_model: Path, tmp_path: Path
) -> None:
    """Where that model is in use: in the panel, also of a scene that is loaded again, and by script."""
    made = replace(prediction, model="mine", model_checksum=Model.load(own_model).checksum)
    node, logic = landmarks_of(model, made), module.widget.logic

    def concerns(session: ReviewSession) -> list[str]:
        session.close()
        return [concern for row in session.rows for concern in row.concerns]

    expected = concerns(logic.review(node, own_model))
    assert expected  # an egg is no face
    assert concerns(logic.review(node)) == [] == concerns(logic.review(node, tmp_path / "gone.palnet"))
    module.widget._parameterNode.landmarkModel = str(own_model)
    module.widget._parameterNode.landmarks = node
    assert concerns(module.widget.sections.review.session) == expected
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    module.enter()
    assert concerns(module.widget.sections.review.session) == expected


def test_of_two_models_with_one_name_the_one_that_predicted_raises_concerns(
    model: Any, prediction: Prediction, own_model: Path
) -> None:
    bundled, own = Model.find("face50"), Model.load(own_model)
    own.name, own.shape = "face50", None
    own.save(own_model)
    for made_by, has_concerns in ((bundled, True), (own, False)):
        node = landmarks_of(model, replace(prediction, model_checksum=made_by.checksum))
        session = ReviewSession(node, landmark_model=own_model)
        assert any(row.concerns for row in session.rows) == has_concerns
        session.close()


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A scan with the scene, the landmarks and the record that a version without rooms wrote of its review."""
    for path in BEFORE.iterdir():
        shutil.copy(path, tmp_path)
    writer = vtkPLYWriter()
    writer.SetFileName(str(tmp_path / "egg.ply"))
    writer.SetInputData(egg())
    writer.Write()
    return tmp_path


def test_scene_of_the_version_before(module: LoadedModule, before: Path) -> None:
    slicer.util.loadScene(str(before / "scene.mrml"))
    module.enter()
    parameters = module.widget._parameterNode
    assert (parameters.surfaceModel.GetName(), parameters.acceptUnder) == ("egg", 1.5)
    session = module.widget.sections.review.session
    assert session.node is parameters.landmarks and states(session) == DECIDED
    written = Review.from_json((before / "egg.review.json").read_text(encoding="utf-8"))
    assert session.review.to_json() == written.to_json()
    session.accept("Sn")
    assert states(session) == {**DECIDED, "Sn": State.ACCEPTED}


def test_landmarks_of_the_version_before(host: Host, before: Path) -> None:
    node = storage.read_reviewed(slicer.mrmlScene, before / "egg.mrk.json", None)
    session = ReviewSession(node)
    assert states(session) == DECIDED
    session.close()
