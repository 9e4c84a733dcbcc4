"""The section "Scans" as a person sees and uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import qt
import slicer
from fakes import predict_egg
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host
from palnet.errors import NoFaceError
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes.scan_nodes import landmarks_of
from PALNetLandmarkerLib.panels import queue
from PALNetLandmarkerLib.panels.queue import QueuePanel
from PALNetLandmarkerLib.queue import folder_scans
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from queues import FakeBackground, decide, scan_folder
from section import load_section, on_screen
from user import click, count

_TITLE_BUTTONS_PX = 100
UI = Path(queue.__file__).parents[2] / "Resources" / "UI" / "PALNetQueue.ui"


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``opened``, ``folders`` and ``busy``."""

    @property
    def rows(self) -> list[tuple[str, str]]:
        table = self.ui.scansTable
        return [(table.item(row, 0).text(), table.item(row, 1).text()) for row in range(table.rowCount)]

    @property
    def bold(self) -> list[str]:
        table = self.ui.scansTable
        return [table.item(row, 0).text() for row in range(table.rowCount) if table.item(row, 0).font().bold()]

    def double_click(self, row: int) -> None:
        table = self.ui.scansTable
        place = table.visualItemRect(table.item(row, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.LeftButton, pos=place)
        QTest.mouseDClick(table.viewport(), Qt.LeftButton, pos=place)
        slicer.app.processEvents()


@pytest.fixture
def shown(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    background = FakeBackground()
    monkeypatch.setattr(queue, "BackgroundPredictor", lambda: background)
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, background=background, opened=[], folders=[], busy=False)
    made.panel = QueuePanel(
        ui,
        lambda model, landmarks: made.opened.append((model.GetName(), landmarks)),
        lambda: "face50",
        busy=lambda: made.busy,
        on_folder_changed=made.folders.append,
    )
    with on_screen(window, made.panel, 400):
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ["Patient 0012, before surgery, face at rest, second scan.ply", "a.ply", "b.ply", "c.ply", "d.ply", "e.ply"]
    return scan_folder(tmp_path / "scans of the year 2026, first half", *names)


def test_empty(shown: Shown) -> None:
    assert shown.rows == [] and shown.ui.queueLabel.text.startswith("No scans yet: drop scan files")
    assert not shown.ui.nextScanButton.enabled and not shown.ui.previousScanButton.enabled
    assert not shown.ui.folderButton.visible and not shown.ui.queueStatusLabel.visible
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_closed_with_work_that_cannot_be_saved(host: Host, shown: Shown, folder: Path) -> None:
    shown.panel.folder = str(folder)
    click(shown.ui.nextScanButton)
    shown.background.finish(predict_egg())
    decide(shown.opened[-1][1], 5)
    (folder / "landmarks").write_text("a file stands in the way")
    shown.panel.close()
    assert len(host.boxes.texts) == 1 and "cannot be written" in host.boxes.texts[0]
    assert slicer.mrmlScene.IsNodePresent(shown.opened[-1][1])
    slicer.app.processEvents()


def test_list_follows_the_scene(shown: Shown, model: Any) -> None:
    slicer.app.processEvents()
    assert shown.rows == [("egg", "waiting")]
    decide(fill(model, predict_egg()).node, 12)
    model.SetName("head")
    slicer.app.processEvents()
    assert shown.rows == [("head", "in review: 12 of 50")]
    decide(landmarks_of(model), 50)
    slicer.app.processEvents()
    assert shown.ui.queueLabel.text == "1 of 1 reviewed; 0 ready"
    slicer.mrmlScene.Clear()
    slicer.app.processEvents()
    assert shown.rows == []


def test_from_scan_to_scan(shown: Shown, folder: Path) -> None:
    shown.panel.folder = str(folder)
    assert shown.bold == [] and not shown.ui.previousScanButton.enabled
    click(shown.ui.nextScanButton)
    assert shown.opened == [("a", None)] and shown.bold == ["a.ply"]
    shown.background.finish(predict_egg())
    slicer.app.processEvents()
    assert shown.rows[:2] == [("a.ply", "ready to review"), ("b.ply", "being landmarked")]
    assert shown.opened[-1][1] is not None
    shown.background.finish(predict_egg())
    shown.panel.next_scan()  # what the key does
    assert shown.opened[-1][0] == "b" and shown.opened[-1][1] is not None and shown.bold == ["b.ply"]
    click(shown.ui.previousScanButton)
    assert shown.opened[-1][0] == "a"
    shown.double_click(4)
    assert shown.opened[-1][0] == "e" and shown.bold == ["e.ply"]
    QTest.keyClick(shown.ui.scansTable, Qt.Key_Up)
    QTest.keyClick(shown.ui.scansTable, Qt.Key_Return)
    slicer.app.processEvents()
    assert shown.opened[-1][0] == "d"
    assert count("vtkMRMLModelNode") == 1


def test_choose_a_folder(shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["", str(folder), ""]
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", staticmethod(lambda *_arguments: answers.pop(0)))
    for expected in (0, 1):  # the dialog is closed; then a folder is chosen
        shown.ui.sourceSelector.setCurrentIndex(1)
        shown.ui.sourceSelector.activated.emit(1)
        slicer.app.processEvents()
        assert shown.ui.sourceSelector.currentIndex == expected
    assert shown.folders == [str(folder)] and shown.panel.folder == str(folder) and len(shown.rows) == 6
    assert shown.ui.folderButton.visible and shown.ui.folderButton.text == "scans of t\u2026first half"
    click(shown.ui.folderButton)  # and the dialog is closed
    assert shown.panel.folder == str(folder)
    shown.ui.sourceSelector.setCurrentIndex(0)
    shown.ui.sourceSelector.activated.emit(0)
    slicer.app.processEvents()
    assert shown.folders == [str(folder), ""] and not shown.ui.folderButton.visible


def test_folder_that_is_gone(shown: Shown, tmp_path: Path) -> None:
    """As a scene says it that comes from another computer."""
    shown.panel.folder = str(tmp_path / "nowhere")
    assert "cannot be read" in shown.ui.queueStatusLabel.text and shown.rows == []
    shown.panel.folder = ""
    assert shown.ui.queueStatusLabel.text == ""


def test_problems_are_shown(host: Host, shown: Shown, folder: Path) -> None:
    (folder / "landmarks").write_text("in the way")
    shown.panel.folder = str(folder)
    shown.panel.next_scan()
    shown.background.finish(predict_egg())
    shown.background.finish(NoFaceError("No face was found on this surface."))
    shown.panel.next_scan()
    slicer.app.processEvents()
    assert shown.opened[-1][0] == "c"  # there is no face on "b"
    assert "They stay in the scene." in shown.ui.queueStatusLabel.text and len(host.boxes.texts) == 1
    shown.panel.next_scan()
    slicer.app.processEvents()
    assert "They stay in the scene." in shown.ui.queueStatusLabel.text
    assert len(host.boxes.texts) == 1  # one question to click away is enough
    assert host.boxes.under_hourglass == []
    assert shown.ui.queueLabel.text.endswith("; 1 failed")


def test_chosen_scan_says_why_it_failed(shown: Shown, folder: Path) -> None:
    (folder / "b.ply").write_bytes(b"ply\n")
    shown.panel.folder = str(folder)
    shown.double_click(1)
    assert shown.rows[1] == ("b.ply", "failed") and "damaged" in shown.ui.queueStatusLabel.text
    shown.ui.scansTable.setCurrentCell(0, 0)
    shown.panel.next_scan()
    slicer.app.processEvents()
    assert shown.ui.queueStatusLabel.text == ""
    shown.ui.scansTable.setCurrentCell(1, 0)
    assert "damaged" in shown.ui.queueStatusLabel.text


def test_a_volume_that_is_not_waited_for_has_not_failed(
    shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "0.nrrd").write_bytes(b"NRRD0004\n")
    dialogs: list[Any] = []

    def slow(_volume: Path, progress: Any) -> None:
        progress(0.1, "Finding the skin in the volume")
        dialogs.extend(w for w in qt.QApplication.topLevelWidgets() if isinstance(w, qt.QProgressDialog) and w.visible)
        dialogs[-1].cancel()
        progress(0.2, "Finding the skin in the volume")

    monkeypatch.setattr(folder_scans, "skin_of_file", slow)
    shown.panel.read_folder(str(folder))
    for wait in (lambda: shown.double_click(0), lambda: click(shown.ui.nextScanButton)):
        wait()
        assert "Cancelled" in shown.ui.queueStatusLabel.text and shown.opened == []
        assert shown.rows[0] == ("0.nrrd", "waiting") and "failed" not in shown.ui.queueLabel.text
    assert len(dialogs) == 2  # the next scan was not opened instead
    title = dialogs[0].windowTitle
    assert dialogs[0].minimumWidth > dialogs[0].fontMetrics().horizontalAdvance(title) + _TITLE_BUTTONS_PX


def test_no_other_scan(shown: Shown, model: Any) -> None:
    shown.panel.next_scan()
    shown.background.finish(predict_egg())
    decide(landmarks_of(model), 50)
    shown.panel.next_scan()
    assert shown.ui.queueStatusLabel.text == "There is no other scan to review."


def test_busy(shown: Shown, model: Any) -> None:
    shown.busy = True
    shown.panel.next_scan()
    assert shown.opened == [] and "being placed" in shown.ui.queueStatusLabel.text


def test_without_background(shown: Shown, folder: Path) -> None:
    shown.background.problem = "Landmarks are not placed ahead: PyTorch is not installed."
    shown.panel.folder = str(folder)
    assert shown.ui.queueStatusLabel.text == shown.background.problem
    shown.panel.next_scan()
    assert shown.opened == [("a", None)] and shown.rows[0][1] == "waiting"


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off(shown: Shown, folder: Path, tmp_path: Path, dark: bool) -> None:
    use_palette(dark)
    (folder / "landmarks").write_text("in the way")
    shown.panel.folder = str(folder)
    shown.panel.next_scan()
    shown.background.finish(predict_egg())
    decide(landmarks_of(slicer.util.getNode("a")), 12)
    shown.background.finish(NoFaceError("No face was found on this surface: check that it is a scan of a face."))
    shown.background.finish(predict_egg())
    shown.panel.next_scan()
    shown.background.on_progress(0.3, "Finding the face")
    slicer.app.processEvents()
    assert shown.window.grab().save(str(tmp_path / "queue.png"))
    # Long names of scans have dots in the middle, the whole name is in the tooltip; paths are broken at their slashes.
    assert [line for line in cut_off(shown.window) if "column 'Scan'" not in line and "word '/" not in line] == []
    assert shown.ui.scansTable.item(5, 0).toolTip().startswith("Patient 0012")


def test_closed_panel_is_quiet(shown: Shown, model: Any) -> None:
    shown.panel.close()
    rows = shown.rows
    model.SetName("other")
    slicer.app.processEvents()
    assert shown.rows == rows and not shown.background.busy
