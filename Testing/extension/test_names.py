"""Names that mean something to Qt, wherever the window shows them: they are letters, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import predict_egg
from host.fit import cut_off
from host.start import Host
from host.window import Window
from interpreted import HOSTILE, interpreted, shown
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Landmark, Protocol
from PALNetLandmarkerLib.nodes import record, storage
from PALNetLandmarkerLib.panels import looks
from PALNetLandmarkerLib.panels.export import spoils_scenes
from PALNetLandmarkerLib.panels.tabs import COMPARE, LEARN, MEASURE, REVIEW, SAVE, SCANS, SURFACE
from queues import decide, scan_folder
from reviews import landmarks_of
from user import click, settle

SEEN = "<b>H<br> &x $x^{$ \N{REPLACEMENT CHARACTER}abc"
TABS = (REVIEW, SCANS, MEASURE, COMPARE, SURFACE, SAVE, LEARN)


@pytest.fixture
def named(window: Window, model: Any) -> Window:
    """A scan and landmarks with such names, under review."""
    model.SetName(HOSTILE)
    click(window.module.widget.ui.applyButton)
    settle()
    return window


def check(window: Window) -> None:
    settle()
    assert interpreted(window.module.panel) == []


def test_scan_and_landmarks(named: Window, host: Host, tmp_path: Path) -> None:
    sections = named.module.widget.sections
    for tab in TABS:
        sections.tabs.show(tab)
        check(named)
    folder = tmp_path / HOSTILE
    folder.mkdir()
    node = sections.review.session.node
    sections.export.save(node, folder / f"{HOSTILE}.mrk.json")
    check(named)
    assert "Saved: <b>" in shown(named.module.panel)
    sections.export.save(node, folder / "gone" / f"{HOSTILE}.mrk.json")
    check(named)
    assert "<span>" in host.boxes.texts[-1] and "&lt;b&gt;H&lt;br&gt; &amp;x" in host.boxes.texts[-1]
    assert "cannot open a saved scene again" in shown(named.module.panel)
    sections.tabs.show(REVIEW)
    slicer.mrmlScene.RemoveNode(node)
    check(named)
    assert "was deleted" in shown(named.module.panel) and sections._review_ui.bringBackButton.visible


def test_a_folder_of_scans(named: Window, host: Host, tmp_path: Path) -> None:
    sections = named.module.widget.sections
    folder = scan_folder(tmp_path / HOSTILE, f"{HOSTILE}.ply", "two\nlines.ply", "x" * 240 + ".ply", "=cmd.ply")
    sections.queue.read_folder(str(folder))
    sections.tabs.show(SCANS)
    check(named)
    texts = shown(named.module.panel)
    assert SEEN in texts and "two lines.ply" in texts and "=cmd.ply" in texts
    assert [one for one in cut_off(named.module.panel) if "scansTable" not in one and "choice" not in one] == []
    (folder / f"{HOSTILE}.ply").write_text("no scan")
    sections.queue.open_file(folder / f"{HOSTILE}.ply")
    check(named)
    assert "failed" in shown(named.module.panel)


def test_two_observers(named: Window, model: Any, prediction: Prediction, tmp_path: Path) -> None:
    sections = named.module.widget.sections
    node = landmarks_of(model, prediction)
    for number in (1, 2):
        folder = tmp_path / f"{HOSTILE} {number}"
        folder.mkdir()
        for index in range(3 * number):
            node.SetNthControlPointPosition(index, *(np.array(node.GetNthControlPointPosition(index)) + number))
        storage.write_in_format(node, folder / f"{HOSTILE}.mrk.json", "mrk")
    sections.tabs.show(COMPARE)
    sections.compare.compare(tmp_path / f"{HOSTILE} 1", tmp_path / f"{HOSTILE} 2")
    check(named)
    assert SEEN in shown(named.module.panel)
    sections.compare.next_case()
    check(named)
    sections.compare.save_report(tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "<b>H" not in page and "&lt;b&gt;H&lt;br&gt; &amp;x" in page


def test_landmarks_of_ones_own(window: Window, model: Any) -> None:
    """A protocol of a person: names and labels in list, card, measurements, tooltips and the 3D view."""
    labels = [f"{HOSTILE}{number}" for number in range(6)]
    protocol = Protocol("mine", "Mine", tuple(Landmark(label, label, definition=HOSTILE) for label in labels))
    made = predict_egg()
    arrays = ("points", "expected_error", "presence", "range_mm", "convention_mm")
    parts = {name: getattr(made, name)[1:7] for name in arrays}
    prediction = replace(made, protocol=protocol, model=HOSTILE, **parts)
    node = landmarks_of(model, prediction)
    window.module.widget._parameterNode.landmarks = node
    sections = window.module.widget.sections
    session = sections.review.session
    assert session is not None, shown(window.module.panel)
    for index in range(3):
        session.select(index)
        check(window)
    decide(node, 2)
    for tab in TABS:
        sections.tabs.show(tab)
        check(window)
    assert record.load(node).reviewed.sum() == 2


def test_letters() -> None:
    assert looks.literal("a & b") == "a & b" and looks.literal("<b>\nx") == "<span>&lt;b&gt;<br>x</span>"
    assert looks.literal("&lt;") == "<span>&amp;lt;</span>" and looks.on_button("a&b") == "a&&b"
    assert looks.visible("a\x1b[31m\u202eb\u0627\u4e2d\tc\nd") == "a\ufffd[31m\ufffdb\u0627\u4e2d\tc\nd"


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_scene_that_slicer_cannot_open_again_is_told_of(
    model: Any, prediction: Prediction, tmp_path: Path, spoiled: bool
) -> None:
    """What is said of names in scenes is so: should Slicer mend that, the sentence can go."""
    model.SetName("Smith & Co" if spoiled else "Smith <i> 'and' \"Co\" %41")
    node = landmarks_of(model, prediction)
    assert bool(spoils_scenes(node)) is spoiled
    scene = tmp_path / "scene.mrb"
    slicer.util.saveScene(str(scene))
    slicer.mrmlScene.Clear()
    try:
        slicer.util.loadScene(str(scene))
    except RuntimeError:
        assert spoiled
    else:
        assert not spoiled and slicer.util.getNode(node.GetName()).GetNumberOfControlPoints() == 50
