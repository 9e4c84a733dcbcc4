"""Whatever a person does to the points of a list in Markups: each landmark keeps its own record, and all is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from palnet.exports.sets import read_sets
from palnet.exports.writers import FORMATS
from palnet.formats.files import read_landmarks
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State, record_beside
from PALNetLandmarkerLib.engine.scan_specs import ScanSpecs
from PALNetLandmarkerLib.measure.measurements import LandmarkMeasurements
from PALNetLandmarkerLib.nodes import own_points, record, storage
from PALNetLandmarkerLib.nodes.named_points import in_one_line, labels_of
from PALNetLandmarkerLib.queue.marked_scans import marked_scans
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of

NAMES = (
    *("scar", "", " ", "point 3", "scar (2)", "=cmd", "$x^{$", "a,b", "Naht \u00e4", "x" * 250),
    *("two\nlines", "\x1b[31m", "\u202eabc"),
)
DECIDED = {"Sn": State.ACCEPTED, "Pg": State.ACCEPTED, "T_R": State.MISSING}


def reviewed(model: Any, prediction: Prediction) -> Any:
    """Landmarks of which some were decided on."""
    node = landmarks_of(model, prediction)
    session = ReviewSession(node)
    session.accept("Sn")
    session.accept("Pg")
    session.mark_missing("T_R")
    session.close()
    node.SetFixedNumberOfControlPoints(False)
    return node


class Person:
    """Someone at the table of Markups, who knows nothing of this module.

    :ivar renamed: landmarks that are called otherwise now or were removed, :ivar moved: those that are elsewhere
    """

    def __init__(self, node: Any, labels: list[str], seed: int) -> None:
        self._node, self._labels = node, labels
        self._random = np.random.default_rng(seed)
        self.renamed: set[str] = set()
        self.moved: set[str] = set()

    def act(self) -> None:
        act = (self._add, self._paste, self._reorder, self._lock, self._hide, self._rename, self._remove, self._move)
        act[self._random.integers(len(act))]()

    def _add(self) -> None:
        self._node.AddControlPoint(vtk.vtkVector3d(*self._random.normal(size=3)))
        self._node.SetNthControlPointLabel(
            self._node.GetNumberOfControlPoints() - 1, NAMES[self._random.integers(len(NAMES))]
        )

    def _paste(self) -> None:
        """A copy of a point, of the same name: here and there."""
        index = int(self._random.integers(self._node.GetNumberOfControlPoints()))
        place = np.array(self._node.GetNthControlPointPosition(index)) + self._random.choice([0.0, 3.0])
        self._node.AddControlPoint(vtk.vtkVector3d(*place), self._node.GetNthControlPointLabel(index))
        if self._random.random() < 0.5:
            self._up(self._node.GetNumberOfControlPoints() - 1, 10)

    def _up(self, index: int, places: int) -> None:
        for step in range(min(places, index)):
            self._node.SwapControlPoints(index - step, index - step - 1)

    def _reorder(self) -> None:
        one, other = self._random.integers(self._node.GetNumberOfControlPoints(), size=2)
        self._node.SwapControlPoints(int(one), int(other))

    def _lock(self) -> None:
        self._node.SetNthControlPointLocked(int(self._random.integers(self._node.GetNumberOfControlPoints())), True)

    def _hide(self) -> None:
        index = int(self._random.integers(self._node.GetNumberOfControlPoints()))
        self._node.SetNthControlPointVisibility(index, False)

    def _landmark(self) -> int | None:
        """Of one that no other point is called as: else no one can say which of them is meant."""
        left = [label for label in self._labels if labels_of(self._node).count(label) == 1]
        known = record.found(self._node)
        left = [label for label in left if not known.missing[known.prediction.protocol.index(label)]]
        return labels_of(self._node).index(self._random.choice(left)) if left else None

    def _rename(self) -> None:
        if (index := self._landmark()) is not None:
            self.renamed.add(self._node.GetNthControlPointLabel(index))
            self._node.SetNthControlPointLabel(index, f"mine {index}")

    def _remove(self) -> None:
        if (index := self._landmark()) is not None:
            self.renamed.add(self._node.GetNthControlPointLabel(index))
            self._node.RemoveNthControlPoint(index)

    def _move(self) -> None:
        if (index := self._landmark()) is not None:
            self.moved.add(self._node.GetNthControlPointLabel(index))
            place = np.array(self._node.GetNthControlPointPosition(index)) + [0.0, 1.0, 2.0]
            self._node.SetNthControlPointPosition(index, *place)


@pytest.mark.parametrize("under_review", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_in_markups(
    model: Any, prediction: Prediction, tmp_path: Path, seed: int, under_review: bool
) -> None:
    node = reviewed(model, prediction)
    before = record.load(node)
    labels = before.prediction.protocol.labels
    session = ReviewSession(node) if under_review else None
    person = Person(node, labels, seed)
    for _act in range(12):
        person.act()
    path = tmp_path / "a.mrk.json"
    storage.write_reviewed(node, path)
    written, after = read_landmarks(path), Review.read(record_beside(path))
    assert len(written.labels) == node.GetNumberOfControlPoints()
    for asked, name in zip(labels_of(node), written.labels, strict=True):
        assert name.startswith(in_one_line(asked) or "point ")
    for index, label in enumerate(labels):
        expected = DECIDED.get(label, State.TO_CHECK)
        if label in person.moved and label not in person.renamed:
            assert after.states[index] is State.CORRECTED
        elif label not in person.moved and not before.missing[index]:
            assert after.states[index] is expected, label
            np.testing.assert_allclose(after.points[index], before.points[index], atol=1e-9)
        if label not in person.renamed and np.isfinite(after.points[index]).all():
            place = written.points[written.labels.index(label)]
            np.testing.assert_allclose(place, after.points[index], atol=1e-6)
    measured = LandmarkMeasurements(node)
    assert sum(np.isfinite(value) for value in measured.values.values()) > 10
    measured.close()
    assert len(ScanSpecs(lambda: tmp_path).of(node)["labels"]) == len(labels)
    (marked,), problems = marked_scans()
    assert not problems and np.isfinite(marked.points).any()
    for to in ("csv-long", "csv", "fcsv", "tps", "nts"):
        (out,) = storage.write_in_format(node, tmp_path / f"b{FORMATS[to].ending}", to)[:1]
        assert len(read_sets(out)[0].labels) == len(written.labels), to
    if session is not None:
        assert bool(session.problem) is bool(person.renamed)
        session.undo()
        assert session.problem == "" and set(labels) <= set(labels_of(node))
        session.close()
    # Tomorrow, in another Slicer: the same, and reviewed on.
    slicer.mrmlScene.Clear()
    again = storage.read_reviewed(slicer.mrmlScene, path)
    assert own_points.known(again).states == after.states
    opened = ReviewSession(again)
    assert opened.review.states == after.states
    assert bool(opened.problem) is bool(person.renamed) and opened.can_undo is bool(person.renamed)
    opened.close()
