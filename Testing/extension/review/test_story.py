"""The whole story, as a person plays it with keys and mouse: the real engine, the real 3D view, real files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host, LoadedModule
from host.window import Window
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.resources import resource
from palnet.review.record import Review, State
from palnet.scans.surface import closest_on_surface, surface_from_polydata
from reviews import off_surface, place_of, states
from user import click, click_on, drag, press, save_data

WRONG = {
    "Ex_R": (9.0, 3.0, 0.0),
    "Ch_L": (7.0, -6.0, 0.0),
    "Al_R": (-7.0, 5.0, 0.0),
    "Pg": (9.0, 0.0, 0.0),
    "N": (0.0, 9.0, 0.0),
}
"""Landmarks that a bad model misses, and by how much, in mm of the face frame."""


@pytest.fixture(params=["sample", "real"])
def scan(request: pytest.FixtureRequest) -> Path:
    """The sample scan, and a real scan of another scanner, which the project may not pass on."""
    if request.param == "sample":
        return resource("samples/sample_face.ply")
    data: Callable[[str], Path] = request.getfixturevalue("data")
    return data("meshmonk") / "DemoFace_10K.obj"


@pytest.fixture
def window(host: Host, scan: Path, module: LoadedModule) -> Iterator[Window]:
    """Slicer with the scan loaded and the module open."""
    slicer.util.loadModel(str(scan))
    shown = Window(host, module, 1000, 900)
    shown.show()
    yield shown
    shown.close_view()


def session_of(window: Window) -> Any:
    return window.module.widget.sections.review.session


def aside(session: Any, label: str, mm: tuple[float, float, float]) -> np.ndarray:
    """(3,) RAS: a place on the scan some millimetres (face frame) from a landmark's."""
    prediction = session.review.prediction
    step = np.linalg.inv(prediction.face_from_scan)[:3, :3] @ np.array(mm) * [-1, -1, 1]
    return session.nearest_on_scan(place_of(session, label) + step)


def test_story(host: Host, window: Window, module: LoadedModule, tmp_path: Path) -> None:
    widget = module.widget
    click(widget.ui.applyButton)
    session = session_of(window)
    model, node = session.model, session.node
    assert session.reviewed == 0 and host.boxes.texts == []

    # The doubtful ones by keys, worst first.
    press(window, "N")
    for index in [index for index in session.order if session.rows[index].doubtful]:
        assert session.current == index
        press(window, "A")  # accepts and goes on
    assert session.doubtful == 0
    decided = states(session)

    # Five points dragged with the mouse, each from the view in which it is judged.
    dragged = [label for label in ("Ex_L", "Ch_R", "Ls", "Is_R", "Or_L", "En_R", "Chk_L") if label not in decided][:5]
    for label in dragged:
        session.select(label)
        window.picture()
        drag(window, node, session.protocol.index(label), pixels=(26, 14))
        assert session.rows[session.protocol.index(label)].state is State.CORRECTED, label
        assert session.rows[session.protocol.index(label)].moved > 1.0
        assert off_surface(model, place_of(session, label)) < 0.001

    # One is not on the scan; undone, done again, and one more is placed by a click.
    session.select("Sn")
    press(window, "M")
    assert states(session)["Sn"] is State.MISSING
    press(window, "Z")
    assert "Sn" not in states(session)
    press(window, "Y")
    assert states(session)["Sn"] is State.MISSING
    session.select("Ls")
    window.picture()
    press(window, "L")
    assert session.placing
    before = place_of(session, "Ls")
    click_on(window, aside(session, "Ls", (5.0, 0.0, 0.0)))
    assert not session.placing
    assert np.linalg.norm(place_of(session, "Ls") - before) > 1.0
    assert off_surface(model, place_of(session, "Ls")) < 0.001
    press(window, "Shift+A")
    press(window, "N")
    for _ in [row for row in session.rows if row.state is State.TO_CHECK]:
        press(window, "A")
    assert session.reviewed == len(session.protocol)

    # Tomorrow everything is there.
    before_saving = session.review
    name, unit = node.GetName(), session.review.mm_per_unit
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    assert session.closed and session_of(window) is None
    slicer.util.loadScene(str(path))
    slicer.app.processEvents()
    module.enter()
    again = session_of(window)
    assert again is not None and again.node.GetName() == name
    assert again.review.states == before_saving.states and again.review.times == before_saving.times
    np.testing.assert_allclose(again.review.points, before_saving.points, atol=1e-6 / unit)
    assert again.review.prediction.to_json() == before_saving.prediction.to_json()
    assert again.model is not None

    # What leaves is plain Markups, in the coordinates of the scan's file, with the record beside it.
    target = tmp_path / "export" / "face.mrk.json"
    target.parent.mkdir()
    widget.logic.exportLandmarks(again.node, target)
    points = json.loads(target.read_text(encoding="utf-8"))["markups"][0]["controlPoints"]
    assert [point["label"] for point in points] == again.protocol.labels
    record = Review.read(target.with_name("face.review.json"))
    assert record.states == before_saving.states
    for point, position in zip(points, record.points, strict=True):
        assert point["positionStatus"] == ("defined" if np.isfinite(position).all() else "missing")
        if np.isfinite(position).all():
            np.testing.assert_allclose(point["position"], position, atol=1e-6 / unit)
    assert host.boxes.texts == []


def test_five_wrong_points(window: Window, module: LoadedModule, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most five drags and eighteen keys, although the model that missed them is as sure of them as of the others."""
    original = Predictor.predict_surface
    truth: dict[str, np.ndarray] = {}

    def miss(self: Predictor, *arguments: Any, **options: Any) -> Prediction:
        prediction = original(self, *arguments, **options)
        truth.update({label: prediction.points[prediction.protocol.index(label)].copy() for label in WRONG})
        points = prediction.points.copy()
        turn = np.linalg.inv(prediction.face_from_scan)[:3, :3]
        surface = surface_from_polydata(arguments[0])
        for label, step in WRONG.items():
            index = prediction.protocol.index(label)
            points[index] = closest_on_surface(surface, points[[index]] + turn @ np.array(step))[0][0]
        return replace(prediction, points=points)

    monkeypatch.setattr(Predictor, "predict_surface", miss)
    click(module.widget.ui.applyButton)
    session = session_of(window)
    # About one in twenty errors of 8 to 10 mm is not found by its shape (docs/benchmarks.md).
    found = {row.label for row in session.rows if row.concerns} & set(WRONG)
    assert len(found) >= 4
    drags, keys = 0, 1
    press(window, "N")
    while session.doubtful:
        label = session.protocol.labels[session.current]
        if label in truth:
            window.picture()
            drag(window, session.node, session.current, to=truth.pop(label) * [-1, -1, 1])
            drags += 1
        press(window, "A")
        keys += 1
    for label in sorted(truth):  # what a person sees without being told
        session.select(label)
        window.picture()
        drag(window, session.node, session.current, to=truth[label] * [-1, -1, 1])
        drags += 1
    press(window, "Shift+A")
    keys += 1
    print(f"{len(found)} found by their shape; {drags} drags and {keys} keys; {session.reviewed} reviewed")
    assert drags == 5 and keys <= 18
    assert session.reviewed == len(session.protocol)
    moved = [session.rows[session.protocol.index(label)] for label in WRONG]
    assert all(row.state is State.CORRECTED and not row.concerns for row in moved)
