"""The section "Compare" as a person sees and uses it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import qt
import slicer
from fakes import predict_egg
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host, LoadedModule
from palnet.reports import plots
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes.scene import flip
from PALNetLandmarkerLib.panels import compare
from PALNetLandmarkerLib.panels.compare import ComparePanel
from PALNetLandmarkerLib.panels.tabs import COMPARE, REVIEW
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from queues import scan_folder
from section import load_section, on_screen
from user import FIDUCIALS, click, count

UI = Path(compare.__file__).parents[2] / "Resources" / "UI" / "PALNetCompare.ui"
MODELS, LINES = "vtkMRMLModelNode", "vtkMRMLMarkupsLineNode"
PREDICTION = predict_egg()
LABELS = PREDICTION.protocol.labels
PRN, GN = LABELS.index("Prn"), LABELS.index("Gn")


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``window``, and ``reviewed`` cases."""

    @property
    def rows(self) -> list[tuple[str, ...]]:
        table = self.ui.casesTable
        return [tuple(table.item(row, column).text() for column in range(3)) for row in range(table.rowCount)]

    def click_row(self, row: int) -> None:
        table = self.ui.casesTable
        QTest.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualItemRect(table.item(row, 1)).center())
        slicer.app.processEvents()


@pytest.fixture
def shown(host: Host) -> Iterator[Shown]:
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, reviewed=[])
    made.panel = ComparePanel(ui, lambda *case: made.reviewed.append(case))
    with on_screen(window, made.panel, 480):
        yield made


def write(folder: Path, **scans: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    for name, points in scans.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            rows = [[label, *(f"{v:.6f}" for v in place)] for label, place in zip(LABELS, points, strict=True)]
            csv.writer(file).writerows([["label", "x", "y", "z"], *rows])
    return folder


@pytest.fixture
def observers(tmp_path: Path) -> tuple[Path, Path]:
    """Landmarks of two scans that lie in the folder above; the second observer differs at two of them."""
    scan_folder(tmp_path, "a.ply", "b.ply")
    points = PREDICTION.points
    first, second = points.copy(), points.copy()
    first[PRN] += [0, 0, 12.0]
    second[GN] += [5.0, 0, 0]
    return write(tmp_path / "Anna", a=points, b=points), write(tmp_path / "Ben", a=first, b=second)


def test_empty(shown: Shown) -> None:
    assert shown.rows == [] and not shown.ui.nextCaseButton.enabled and not shown.ui.saveReportButton.enabled
    assert "Choose two folders" in shown.ui.compareLabel.text and not shown.ui.compareStatusLabel.visible
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_from_two_folders_to_a_case(
    shown: Shown, observers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers = [str(observers[0]), "", str(observers[1])]
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", staticmethod(lambda *_arguments: answers.pop(0)))
    click(shown.ui.firstButton)
    assert shown.ui.firstButton.text == "Anna" and shown.rows == []
    click(shown.ui.secondButton)  # and the dialog is closed
    click(shown.ui.secondButton)
    assert shown.rows == [("a", "Prn", "12.0"), ("b", "Gn", "5.0")]
    assert shown.ui.compareLabel.text.startswith("2 scans, 100 landmarks placed by both: mean difference 0.170 mm")
    assert shown.window.grab().save(str(tmp_path / "compare.png"))
    assert cut_off(shown.window) == []

    shown.click_row(0)
    assert count(MODELS) == 1 and count(FIDUCIALS) == 2
    assert shown.ui.compareStatusLabel.text == "Blue: Anna; orange: Ben."
    (line,) = slicer.util.getNodesByClass(LINES)
    assert line.GetName() == "Prn: 12.0 mm"
    ends = np.array([line.GetNthControlPointPositionWorld(k) for k in (0, 1)])
    np.testing.assert_allclose(ends, flip(PREDICTION.points[PRN] + np.array([[0, 0, 0], [0, 0, 12.0]])), atol=1e-5)
    camera = slicer.util.getNodesByClass("vtkMRMLCameraNode")[0]
    np.testing.assert_allclose(camera.GetFocalPoint(), ends.mean(axis=0), atol=1e-4)
    assert all(
        node.GetHideFromEditors() and not node.GetSaveWithScene() for node in slicer.util.getNodesByClass(FIDUCIALS)
    )

    click(shown.ui.nextCaseButton)
    assert shown.ui.casesTable.currentRow() == 1
    (line,) = slicer.util.getNodesByClass(LINES)
    assert line.GetName() == "Gn: 5.0 mm"
    assert [model.GetName() for model in slicer.util.getNodesByClass(MODELS)] == ["b"]  # and a is gone
    shown.panel.close()
    assert count(FIDUCIALS) == 0 and count(LINES) == 0


def test_a_scan_that_is_worked_on_stays(shown: Shown, observers: tuple[Path, Path]) -> None:
    shown.panel.compare(*observers)
    shown.click_row(0)
    work = fill(slicer.util.getNode("a"), predict_egg()).node
    shown.click_row(1)
    assert count(MODELS) == 2 and slicer.mrmlScene.IsNodePresent(work)
    assert not work.GetDisplayVisibility()  # faces lie over each other
    shown.click_row(0)
    assert count(MODELS) == 2  # it was there


def test_without_the_scan(shown: Shown, observers: tuple[Path, Path]) -> None:
    observers[0].parent.joinpath("a.ply").unlink()
    observers[0].parent.joinpath("b.ply").write_bytes(b"ply\n")
    shown.panel.compare(*observers)
    shown.click_row(0)
    assert "no scan a beside the landmarks" in shown.ui.compareStatusLabel.text
    shown.click_row(1)
    assert "Only the points are shown" in shown.ui.compareStatusLabel.text
    assert count(MODELS) == 0 and count(FIDUCIALS) == 2


def test_review_of_a_case(shown: Shown, observers: tuple[Path, Path], tmp_path: Path) -> None:
    """Of landmarks that the section Scans would save, which of the two they are; not of any others."""
    button = shown.ui.reviewCaseButton
    shown.panel.compare(*observers)
    shown.click_row(0)
    assert not button.enabled and "'landmarks'" in button.toolTip
    ours = observers[1].rename(tmp_path / "landmarks")
    for folders in ((observers[0], ours), (ours, observers[0])):
        shown.panel.compare(*folders)
        assert not button.enabled  # no case is chosen
        shown.click_row(1)
        click(button)
        assert shown.reviewed.pop() == (tmp_path / "b.ply", "Gn")
        assert count(FIDUCIALS) == 0 and count(LINES) == 0  # what was shown of the case would cover the review
    (tmp_path / "b.ply").unlink()
    shown.click_row(0)
    assert button.enabled
    shown.click_row(1)
    assert not button.enabled


def test_from_a_case_to_its_review_in_the_module(
    module: LoadedModule, observers: tuple[Path, Path], tmp_path: Path
) -> None:
    ours = tmp_path / "landmarks"
    for name in ("a", "b"):
        node = fill(slicer.util.loadModel(str(tmp_path / f"{name}.ply")), PREDICTION, of_file=True).node
        ours.mkdir(exist_ok=True)
        module.widget.logic.exportLandmarks(node, ours / f"{name}.mrk.json")
    slicer.mrmlScene.Clear()
    sections = module.widget.sections
    sections.compare.compare(ours, observers[1])
    sections.compare.next_case()
    sections.tabs.show(COMPARE)
    sections.compare.review_case()
    session = sections.review.session
    assert session.model.GetName() == "a" and session.current == PRN
    assert sections.tabs.shown == REVIEW
    session.accept("Prn")
    sections.queue.next_scan()  # and the decision is saved beside the scan
    assert json.loads((ours / "a.review.json").read_text())["landmarks"][PRN]["state"] == "accepted"
    sections.compare.next_case()
    sections.compare.review_case()
    assert sections.review.session.model.GetName() == "b" and sections.review.session.current == GN


def test_scene_is_closed(shown: Shown, observers: tuple[Path, Path]) -> None:
    shown.panel.compare(*observers)
    shown.click_row(0)
    slicer.mrmlScene.Clear()
    shown.panel.next_case()
    assert count(FIDUCIALS) == 2 and count(MODELS) == 1


def test_what_cannot_be_compared(shown: Shown, observers: tuple[Path, Path], tmp_path: Path) -> None:
    shown.panel.compare(*observers)
    other = write(tmp_path / "other", c=PREDICTION.points, d=PREDICTION.points)
    shown.panel.compare(observers[0], other)
    assert "no scan in common" in shown.ui.compareStatusLabel.text
    assert shown.rows == [] and shown.panel.comparison is None and not shown.ui.saveReportButton.enabled
    shown.panel.next_case()
    shown.panel.show_case(0)
    assert count(FIDUCIALS) == 0


def test_report(host: Host, shown: Shown, observers: tuple[Path, Path], tmp_path: Path) -> None:
    shown.panel.compare(*observers)
    shown.panel.save_report(tmp_path / "report")
    assert (tmp_path / "report" / "report.html").is_file() and "report.html" in shown.ui.compareStatusLabel.text
    (tmp_path / "file").write_text("in the way")
    shown.panel.save_report(tmp_path / "file")
    assert len(host.boxes.texts) == 1 and "cannot be written" in shown.ui.compareStatusLabel.text
    assert host.boxes.under_hourglass == []


def test_report_where_matplotlib_is_missing(
    host: Host, shown: Shown, observers: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Slicer: it asks and installs; where the person declines, the report says what it lacks, and so do we."""
    there: list[str] = []
    answers = [RuntimeError("declined"), CalledProcessError(1, "pip"), None]

    def pip_ensure(requirements: list[str], requester: str) -> None:
        assert requester == "PALNetLandmarker" and QApplication.overrideCursor() is None
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        there.extend(requirements)

    packaging = ModuleType("slicer.packaging")
    packaging.pip_ensure = pip_ensure
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    monkeypatch.setattr(plots, "available", lambda: bool(there))
    shown.panel.compare(*observers)
    for _times in range(2):
        shown.panel.save_report(tmp_path / "report")
        assert "no plots, as matplotlib is missing" in shown.ui.compareStatusLabel.text
        assert cut_off(shown.window) == []
    shown.panel.save_report(tmp_path / "report")
    assert there == ["matplotlib>=3.8"] and "plots" not in shown.ui.compareStatusLabel.text
    assert "<svg" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert host.boxes.texts == []


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off(shown: Shown, observers: tuple[Path, Path], tmp_path: Path, dark: bool) -> None:
    use_palette(dark)
    name = "Patient 0012, before surgery, face at rest, second scan"
    second = write(tmp_path / "Observer with a long name, second day, after a pause", a=PREDICTION.points + 1.0)
    write(tmp_path / "One", **{name: PREDICTION.points, "a": PREDICTION.points})
    shown.panel.compare(tmp_path / "One", second)
    slicer.app.processEvents()
    assert name in shown.ui.compareStatusLabel.text
    assert shown.window.grab().save(str(tmp_path / "compare.png"))
    assert [line for line in cut_off(shown.window) if "column 'Scan'" not in line] == []
