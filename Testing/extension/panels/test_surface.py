"""The tab "Surface" as a person sees and uses it; the engine answers when a test lets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import qt
import slicer
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host
from palnet.results import SURFACE_ENDINGS
from palnet.surfaces.template import face_template
from PALNetLandmarkerLib.measure.followed_surface import ASYMMETRY, CHANGE
from PALNetLandmarkerLib.nodes.scan_nodes import release, scan_of
from PALNetLandmarkerLib.nodes.surface_nodes import surface_of_scan
from PALNetLandmarkerLib.panels import surface
from PALNetLandmarkerLib.panels.surface import SurfacePanel
from PALNetLandmarkerLib.review.session import ReviewSession
from section import load_section, on_screen
from surfaces import FakeEngine, answer_to, landmarked_face
from user import click, settle

pytestmark = pytest.mark.usefixtures("engines")

UI = Path(surface.__file__).parents[2] / "Resources" / "UI" / "PALNetSurface.ui"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened."""
    found: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: found.append(url.toLocalFile()))
    return found


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``window`` and ``told``."""

    @property
    def engine(self) -> FakeEngine:
        return FakeEngine.made[0]

    @property
    def study(self) -> FakeEngine:
        return FakeEngine.made[1]

    @property
    def says(self) -> str:
        return str(self.ui.surfaceLabel.text)

    def rows(self) -> dict[str, list[str]]:
        table = self.ui.regionTable
        cells = [[table.item(row, k).text() for k in range(table.columnCount)] for row in range(table.rowCount)]
        return {row[0]: row[1:] for row in cells}

    def pick(self, combo: Any, text: str) -> None:
        """Choose an entry as a person does."""
        index = next(index for index in range(combo.count) if text in combo.itemText(index))
        combo.setCurrentIndex(index)
        combo.activated.emit(index)
        settle()

    def faults(self) -> list[str]:
        settle()
        return cut_off(self.window)


@pytest.fixture
def shown(host: Host) -> Iterator[Shown]:
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, told=[])
    made.panel = SurfacePanel(ui, lambda: "face50", lambda: made.told.append(made.panel.shown))
    with on_screen(window, made.panel, 420):
        yield made


@pytest.fixture
def session(host: Host) -> Iterator[ReviewSession]:
    opened = ReviewSession(landmarked_face())
    yield opened
    opened.close()


def begin(shown: Shown, session: ReviewSession) -> None:
    shown.panel.active = True
    shown.panel.follow(session)
    settle()


@pytest.mark.parametrize("dark", [False, True])
def test_it_says_what_it_needs(shown: Shown, session: ReviewSession, dark: bool) -> None:
    use_palette(dark)
    ui, panel = shown.ui, shown.panel
    panel.active = True
    for button in (ui.surfaceMapButton, ui.changeButton, ui.meanMapButton):
        click(button)
        assert shown.says.startswith("Place landmarks on a scan")
    panel.follow(session)
    panel.choose("")
    assert "thousands of points" in shown.says and not ui.surfaceButtonsPage.visible
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []
    click(ui.meanMapButton)
    assert "Choose a mean face" in shown.says and ui.meanPage.visible
    click(ui.changeButton)
    assert "Choose another scan of this person" in shown.says and not ui.regionTable.visible
    assert not ui.sheetButton.enabled and not ui.saveSurfaceButton.enabled
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []
    slicer.mrmlScene.RemoveNode(session.model)
    panel.follow(session)
    assert "not in the scene" in shown.says


def test_nothing_is_fitted_unasked(shown: Shown, session: ReviewSession) -> None:
    begin(shown, session)
    assert shown.engine.tasks == [] and surface_of_scan(session.model) is None


@pytest.mark.parametrize("dark", [False, True])
def test_the_surface(shown: Shown, session: ReviewSession, dark: bool) -> None:
    use_palette(dark)
    begin(shown, session)
    click(shown.ui.surfaceMapButton)
    assert shown.says == "Fitting the surface..." and not shown.panel.shown
    shown.engine.progress(0.1, "Fitting the surface of face")
    assert shown.says == "Fitting the surface of face..." and shown.told == []
    shown.engine.answer()
    assert shown.told == [True] and shown.says.startswith("7,861 points, 40 of them not shown by the scan.")
    assert "48 of 50 landmarks" in shown.says or "50 of 50 landmarks" in shown.says
    assert shown.rows()["Forehead"][1] == "1.0" and len(shown.rows()) == 1 + len(face_template().region_names)
    node = surface_of_scan(session.model)
    display = node.GetDisplayNode()
    assert display.GetVisibility() and display.GetActiveScalarName() == "shown_region"
    shown.pick(shown.ui.surfaceColoursCombo, "Expected distance")
    assert display.GetActiveScalarName() == "shown_expected" and display.GetColorNode().GetColorName(0) == "under 1 mm"
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []
    click(shown.ui.surfaceMapButton)  # once more: the view is the review's again
    assert shown.told == [True, False] and not display.GetVisibility() and "Choose what" in shown.says


def test_maps_have_the_colours_and_the_legend_of_the_report(shown: Shown, session: ReviewSession) -> None:
    from palnet.reports.heat_map import UNKNOWN, colours

    begin(shown, session)
    click(shown.ui.asymmetryButton)
    assert shown.engine.tasks[-1]["map"] == ASYMMETRY
    shown.engine.answer()
    node = surface_of_scan(session.model)
    display, table = node.GetDisplayNode(), node.GetDisplayNode().GetColorNode().GetLookupTable()
    low, high = display.GetScalarRange()
    assert display.GetActiveScalarName() == "asymmetry_mm" and -low == high == shown.panel.followed.largest(
        "asymmetry_mm"
    )
    for value in (-1.0, 0.0, 0.5, 1.0):
        got = np.array(table.GetTableValue(round((value + 1) / 2 * (table.GetNumberOfTableValues() - 1))))[:3] * 255
        np.testing.assert_allclose(got, colours(np.array([value]), 1.0)[0], atol=2)
    np.testing.assert_allclose(np.array(table.GetNanColor())[:3] * 255, UNKNOWN)
    legend = slicer.modules.colors.logic().GetColorLegendDisplayNode(display)
    assert legend.GetVisibility() and legend.GetTitleText() == "Asymmetry" and "mm" in legend.GetLabelFormat()
    shown.pick(shown.ui.scaleCombo, "10 mm")
    assert display.GetScalarRange() == (-10.0, 10.0)
    assert shown.rows()["Nose"][1] == "3.0" and "cc" not in str(shown.rows())  # a distance
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []


def test_against_a_mean(shown: Shown, session: ReviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(shown, session)
    click(shown.ui.meanMapButton)
    chosen = str(tmp_path / f"mean{SURFACE_ENDINGS[0]}")
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: "")
    click(shown.ui.meanFileButton)
    assert "Choose a mean face" in shown.says
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: chosen)
    click(shown.ui.meanFileButton)
    assert shown.engine.tasks[-1]["map"] == "mean" and shown.engine.tasks[-1]["mean"] == chosen
    shown.engine.answer()
    assert surface_of_scan(session.model).GetDisplayNode().GetActiveScalarName() == "from_mean_mm"
    assert "outside the mean face" in shown.says and shown.ui.meanFileButton.text.startswith("mean.surf")
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    click(shown.ui.meanFolderButton)
    assert shown.engine.tasks[-1]["mean"] == str(tmp_path) and shown.faults() == []


@pytest.mark.parametrize("own_is_first", [True, False])
def test_before_and_after_of_the_only_other_scan_is_one_click(shown: Shown, own_is_first: bool) -> None:
    """Beside the one that opens the tab: the other visit is chosen, and which was first is told by the scene."""
    names = ("own", "other") if own_is_first else ("other", "own")
    landmarks = {name: landmarked_face(name) for name in names}
    session = ReviewSession(landmarks["own"])
    begin(shown, session)
    click(shown.ui.changeButton)
    task = shown.engine.tasks[-1]
    assert task["map"] == CHANGE and task["other"]["name"] == "other" and task["earlier"] is not own_is_first
    assert task["stable"] == ["forehead", "nasal root", "orbit"] and "repeats" not in task
    shown.engine.answer()
    first, second = names
    assert f"From {first} to {second}: orange has moved outward" in shown.says
    assert shown.rows()["Nose"][2].startswith("+") and "\N{PLUS-MINUS SIGN}" not in shown.rows()["Nose"][2]
    shown.pick(shown.ui.directionCombo, "Forward")
    assert surface_of_scan(session.model).GetDisplayNode().GetActiveScalarName() == "forward_mm"
    assert "moved forward" in shown.says
    shown.pick(shown.ui.orderCombo, "earlier" if own_is_first else "later")
    shown.pick(shown.ui.stableCombo, "nose treated")
    assert shown.engine.tasks[-1]["earlier"] is own_is_first and shown.engine.tasks[-1]["stable"] == [
        "forehead",
        "orbit",
    ]
    session.close()


def test_the_uncertainty_comes_by_itself(shown: Shown, session: ReviewSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no one moves a landmark any more: the map is there at once, its \N{PLUS-MINUS SIGN} after it."""
    from PALNetLandmarkerLib.measure import followed_surface

    monkeypatch.setattr(followed_surface, "_QUIET_MS", 0)
    other = landmarked_face("other")
    begin(shown, session)
    click(shown.ui.changeButton)
    shown.engine.answer()
    settle()
    assert shown.engine.tasks[-1]["repeats"] == 5
    shown.engine.progress(0.2, "Measuring the uncertainty")
    assert shown.says.endswith("Measuring the uncertainty...") and shown.panel.shown
    shown.engine.answer()
    assert shown.rows()["Nose"][2].endswith("\N{PLUS-MINUS SIGN} 0.25") and shown.faults() == []
    settle()
    assert not shown.engine.busy
    slicer.mrmlScene.RemoveNode(scan_of(other))
    shown.panel.follow(session)
    assert "Choose another scan" in shown.says


def test_the_other_visit_from_a_file(
    shown: Shown, session: ReviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its landmarks, without any, or a surface that was written before."""
    begin(shown, session)
    click(shown.ui.changeButton)
    scan, results = tmp_path / "later.ply", tmp_path / "landmarks"
    results.mkdir()
    chosen: list[str] = ["", str(scan)]
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: chosen[0])
    shown.pick(shown.ui.visitCombo, "From a file")
    assert shown.engine.tasks[-1]["map"] == "surface" and shown.ui.visitCombo.currentText == "Choose..."
    chosen[0] = str(scan)
    shown.pick(shown.ui.visitCombo, "From a file")
    assert shown.engine.tasks[-1]["other"] == {"scan": str(scan), "model": "face50"}
    assert shown.engine.tasks[-1]["earlier"] is False and shown.ui.visitCombo.currentText == "later.ply"
    (results / "later.mrk.json").write_text("{}")
    shown.pick(shown.ui.visitCombo, "From a file")
    assert shown.engine.tasks[-1]["other"] == {"scan": str(scan), "landmarks": str(results / "later.mrk.json")}
    shown.engine.answer()
    assert "From face to later.ply" in shown.says
    chosen[0] = str(tmp_path / f"old{SURFACE_ENDINGS[0]}")
    shown.pick(shown.ui.visitCombo, "From a file")
    assert shown.engine.tasks[-1]["other"] == {"surface": chosen[0]}
    shown.engine.answer(answer_to(shown.engine.tasks[-1], error="old.surface.vtp is not a surface."))
    assert shown.says == "old.surface.vtp is not a surface." and not shown.panel.shown
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []


def test_saving(
    shown: Shown, session: ReviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    begin(shown, session)
    click(shown.ui.asymmetryButton)
    shown.engine.answer()
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: str(tmp_path / "Anna"))
    click(shown.ui.saveSurfaceButton)
    assert shown.ui.surfaceStatusLabel.text == "Saved: Anna.surface.vtp, Anna.surface.ply."
    assert {path.name for path in tmp_path.iterdir()} == {"Anna.surface.vtp", "Anna.surface.ply"}
    click(shown.ui.sheetButton)
    assert shown.engine.tasks[-1]["page"] == str(tmp_path / "Anna.html") and opened == []
    shown.engine.answer()
    assert opened == [str(tmp_path / "Anna.html")] and "Saved: Anna.html." in shown.ui.surfaceStatusLabel.text
    click(shown.ui.sheetButton)
    shown.engine.answer(answer_to(shown.engine.tasks[-1], error="Anna.html cannot be written: full."))
    assert shown.ui.surfaceStatusLabel.text == "The sheet was not written." and "cannot be written" in shown.says
    assert opened == [str(tmp_path / "Anna.html")]


def test_a_surface_that_cannot_be_written(
    host: Host, shown: Shown, session: ReviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(shown, session)
    click(shown.ui.surfaceMapButton)
    shown.engine.answer()
    (tmp_path / "file").write_text("")
    shown.panel.saving.surface(tmp_path / "file" / "Anna.surface.vtp")
    assert "cannot be written" in shown.ui.surfaceStatusLabel.text and len(host.boxes.texts) == 1
    assert host.boxes.under_hourglass == []


def test_another_scan_and_a_deleted_surface(shown: Shown, session: ReviewSession) -> None:
    """The map that is chosen is made of the next scan, too; a surface that a person deletes is not wanted any more."""
    begin(shown, session)
    click(shown.ui.asymmetryButton)
    shown.engine.answer()
    first = surface_of_scan(session.model)
    other = ReviewSession(landmarked_face("other"))
    shown.panel.follow(other)
    assert not first.GetDisplayNode().GetVisibility() and shown.engine.tasks[-1]["one"]["name"] == "other"
    assert not shown.panel.shown
    shown.engine.answer()
    node = surface_of_scan(other.model)
    assert shown.panel.shown and node.GetDisplayNode().GetVisibility()
    release(node)  # as the queue does with a scan that was saved
    slicer.mrmlScene.RemoveNode(node)
    shown.panel.forget(node)
    assert not shown.panel.shown and shown.ui.asymmetryButton.checked
    shown.panel.choose(ASYMMETRY)
    shown.engine.answer()
    node = surface_of_scan(other.model)
    slicer.mrmlScene.RemoveNode(node)
    shown.panel.forget(node)
    assert not shown.panel.shown and not shown.ui.asymmetryButton.checked
    other.close()


def test_a_folder(shown: Shown, tmp_path: Path, opened: list[str]) -> None:
    """Of scans with landmarks, of surfaces, or of neither; with progress and Cancel; then the page opens."""
    ui, panel = shown.ui, shown.panel
    panel.active = True
    click(ui.studyMapButton)
    assert "Choose a folder of scans" in shown.says and not ui.studyButton.enabled and not ui.studyProgressPage.visible
    panel.study.choose(tmp_path)
    assert "the folder 'surfaces'" in shown.says  # what is needed is there
    click(ui.studyButton)
    assert "has no scans with landmarks" in ui.surfaceStatusLabel.text and shown.study.tasks == []
    (tmp_path / "landmarks").mkdir()
    (tmp_path / "ann.ply").write_text("")
    panel.study.choose(tmp_path, tmp_path / "groups.csv")
    click(ui.studyButton)
    assert shown.study.tasks == [
        {
            "folder": str(tmp_path / "landmarks"),
            "scans": str(tmp_path),
            "output": str(tmp_path / "surfaces"),
            "groups": str(tmp_path / "groups.csv"),
        }
    ]
    shown.study.progress(0.5, "ann")
    assert ui.studyProgressBar.value == 50 and "ann" in ui.studyProgressBar.text and not ui.studyButton.enabled
    assert shown.faults() == [] and unknown_attributes(shown.widget) == []
    click(ui.cancelStudyButton)
    assert "Stopped" in ui.surfaceStatusLabel.text and ui.studyButton.enabled and opened == []
    click(ui.studyButton)
    shown.study.answer()
    assert opened == [str(tmp_path / "surfaces" / "a.html")] and "2 surfaces" in ui.surfaceStatusLabel.text
    click(ui.openStudyButton)
    assert len(opened) == 2
    old = tmp_path / "old"
    old.mkdir()
    (old / f"ann{SURFACE_ENDINGS[0]}").write_text("")
    panel.study.choose(old)
    click(ui.studyButton)
    assert shown.study.tasks[-1] == {"folder": str(old), "output": str(old / "surfaces")}
    shown.study.answer(answer_to(shown.study.tasks[-1], error="ann is no surface."))
    assert ui.surfaceStatusLabel.text == "ann is no surface." and not ui.openStudyButton.enabled
