"""Points that a person added, renamed or removed in Markups: they are saved and exported, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from host.start import Host
from palnet.errors import ReviewError
from palnet.exports.sets import read_sets
from palnet.exports.writers import FORMATS
from palnet.pipeline.prediction import Prediction
from palnet.review.persons_work import is_persons
from palnet.review.record import Review, State, record_beside
from PALNetLandmarkerLib.measure.measurements import LandmarkMeasurements
from PALNetLandmarkerLib.nodes import own_points, record, storage
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of

ONE_SCAN = [to for to in FORMATS if to != "gpa"]


@pytest.fixture
def node(host: Host, model: Any, prediction: Prediction) -> Iterator[Any]:
    """Landmarks of which one was accepted, one moved, one renamed, one removed, and to which two were added."""
    node = landmarks_of(model, prediction)
    session = ReviewSession(node)
    session.accept("Sn")
    session.close()
    labels = own_points.labels_of(node)
    node.SetFixedNumberOfControlPoints(False)
    node.SetNthControlPointPosition(labels.index("G"), 1.0, 2.0, 3.0)
    node.SetNthControlPointLabel(labels.index("Prn"), "my tip")
    node.RemoveNthControlPoint(labels.index("Tr"))
    node.AddControlPoint(vtk.vtkVector3d(4.0, 5.0, 6.0), "scar")
    node.AddControlPoint(vtk.vtkVector3d(7.0, 8.0, 9.0), "scar")
    yield node


@pytest.mark.parametrize("as_shown", [False, True])
@pytest.mark.parametrize("to", ONE_SCAN)
def test_every_format_has_the_points_of_the_person(node: Any, tmp_path: Path, to: str, as_shown: bool) -> None:
    if not FORMATS[to].missing:
        for index in reversed(range(node.GetNumberOfControlPoints())):
            if node.GetNthControlPointPositionStatus(index) != node.PositionDefined:
                node.RemoveNthControlPoint(index)
    node.SetNthControlPointLabel(node.GetNumberOfControlPoints() - 1, "scar (2)")
    path = tmp_path / f"a{FORMATS[to].ending}"
    assert storage.write_in_format(node, path, to, as_shown)[0] == path
    (read,) = read_sets(path)
    assert list(read.labels) == own_points.labels_of(node) and {"my tip", "scar", "scar (2)"} <= set(read.labels)
    np.testing.assert_allclose(read.points, record.node_points(node), atol=1e-6)


def test_two_points_of_one_name_have_two_in_a_table(node: Any, tmp_path: Path) -> None:
    storage.write_in_format(node, tmp_path / "a.csv", "csv-long")
    (read,) = read_sets(tmp_path / "a.csv")
    assert read.labels[-2:] == ("scar", "scar (2)")
    np.testing.assert_allclose(read.points[-2:], [[-4, -5, 6], [-7, -8, 9]], atol=1e-6)


def test_the_record_keeps_what_it_knows(node: Any, tmp_path: Path) -> None:
    before = Review.from_json(node.GetAttribute(record.ATTRIBUTE))
    path = tmp_path / "a.mrk.json"
    storage.write_reviewed(node, path)
    after = Review.read(record_beside(path))
    index = after.prediction.protocol.index
    changed = {index("G")}
    assert set(before.differences(after)) == changed
    assert after.states[index("Sn")] is State.ACCEPTED and after.states[index("G")] is State.CORRECTED
    np.testing.assert_allclose(after.points[index("G")], [-1, -2, 3], atol=1e-9)
    labels = [point["label"] for point in json.loads(path.read_text())["markups"][0]["controlPoints"]]
    assert labels == [*own_points.labels_of(node)[:-1], "scar (2)"] and is_persons(path)
    # The node itself is as the person made it.
    assert own_points.labels_of(node)[-2:] == ["scar", "scar"]
    with pytest.raises(ReviewError, match=r"removed or renamed \(Tr, Prn\)"):
        record.load(node)


def test_measurements_go_on_with_the_others(node: Any) -> None:
    measured = LandmarkMeasurements(node)
    known = [np.isfinite(value) for value in measured.values.values()]
    assert any(known)
    for one in measured.definitions:
        if "Prn" in one.label:
            assert np.isnan(measured.values[one.label])
    place = np.array(node.GetNthControlPointPosition(own_points.labels_of(node).index("En_R")))
    name = next(one.label for one in measured.definitions if one.label == "En_R-En_L")
    before = measured.values[name]
    node.SetNthControlPointPosition(own_points.labels_of(node).index("En_R"), *(place + 5.0))
    assert measured.values[name] != before
    measured.close()


def test_none_of_the_landmarks_is_left(node: Any, tmp_path: Path) -> None:
    for index in range(node.GetNumberOfControlPoints()):
        node.SetNthControlPointLabel(index, f"mine {index}")
    with pytest.raises(ReviewError, match="none of the landmarks"):
        storage.write_reviewed(node, tmp_path / "a.mrk.json")
