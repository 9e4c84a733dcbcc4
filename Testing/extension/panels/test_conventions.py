"""The section "My conventions" as a person uses it: learn, look at what would change, use, stop, give away, take in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import qt
import slicer
from adapting import face_model
from fakes import egg, predict_egg, to_ras
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host, LoadedModule
from palnet.adapt.convention import Convention, LandmarkShift, OwnLandmark
from palnet.adapt.file import checksum, read_convention, to_text, write_convention
from PALNetLandmarkerLib.engine import conventions, engine_process, training_process
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes.record import load
from PALNetLandmarkerLib.panels import conventions as panel_file
from PALNetLandmarkerLib.panels.conventions import ConventionsPanel, news
from PALNetLandmarkerLib.panels.tabs import LEARN
from PALNetLandmarkerLib.queue.marked_scans import marked_scans
from PALNetLandmarkerLib.review.session import ReviewSession
from section import load_section, on_screen
from user import click, settle, wait_for

UI = Path(panel_file.__file__).parents[2] / "Resources" / "UI" / "PALNetConventions.ui"

# Learning that needs no engine: it writes what the folder holds ready, and says what became of the scans.
_LEARNING = """
import json, os, shutil, sys
task = json.loads(sys.stdin.readline())
print(json.dumps({"stage": "conventions", "words": "Looking at scan 1 of 8", "done": 0.1}), flush=True)
os.makedirs(os.path.dirname(task["output"]), exist_ok=True)
shutil.copy(os.path.join(task["adapt"], "ready.json"), task["output"])
print(json.dumps({"learned": {"scans": 8, "untouched": 2, "problems": ["ben.ply is empty."]}}), flush=True)
"""
_REFUSES = 'import sys; sys.stdin.readline(); print(\'{"error": "A convention needs 3 scans."}\', flush=True)'
_CRASHES = "import sys, os; sys.stdin.readline(); os._exit(3)"


def convention(shifted: tuple[str, ...] = ("Gn", "T_R"), **changed: Any) -> Convention:
    """What eight scans say; those landmarks lie 4 mm lower."""
    model = face_model()
    landmarks = tuple(
        LandmarkShift(label, True, 8, 8, (0.0, -4.0, 0.0), spread=1.0, before=5.9, after=1.8)
        if label in shifted
        else LandmarkShift(label, False, 8, 2, spread=1.0, before=1.2, after=1.2)
        for label in model.protocol.labels
    )
    own = (OwnLandmark("Scar", 6, "spline", (30.0, -10.0, 40.0), spread=1.0, error=1.9, reach=3.2),)
    made = Convention("face50", model.name, model.checksum, 8, "2026-11-29", landmarks, own)
    return replace(made, **changed)


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``window``; what was ``told`` in the queue."""

    @property
    def rows(self) -> list[list[str]]:
        table = self.ui.shiftsTable
        return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount)]


@pytest.fixture
def models(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for what is learned, and learning that needs no engine."""
    monkeypatch.setattr(training_process, "_PROCESS", ["-c", _LEARNING])
    settings = slicer.app.userSettings()
    for key in ("convention", "learnOn", "training"):
        settings.remove(f"PALNetLandmarker/{key}")
    settings.setValue("PALNetLandmarker/modelsFolder", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def shown(models: Path) -> Iterator[Shown]:
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, told=[], folder="", model="face50")
    made.panel = ConventionsPanel(ui, lambda: made.model, lambda: made.folder, made.told.append)
    with on_screen(window, made.panel, 320):
        yield made
    conventions.use(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder from which a convention is learned."""
    (tmp_path / "scans").mkdir()
    write_convention(convention(), tmp_path / "scans" / "ready.json")
    return tmp_path / "scans"


def learned_from(shown: Shown, folder: Path) -> None:
    shown.panel.learn_from(folder)
    wait_for(lambda: not shown.panel.process.running)


def test_empty(shown: Shown) -> None:
    ui = shown.ui
    assert "learned from three reviewed scans on" in ui.conventionLabel.text and not ui.shiftsTable.visible
    assert not any(b.enabled for b in (ui.useButton, ui.stopUsingButton, ui.exportButton)) and ui.importButton.enabled
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_learn_look_use_and_stop(shown: Shown, folder: Path, models: Path) -> None:
    ui = shown.ui
    learned_from(shown, folder)
    assert shown.rows[:4] == [
        ["Scar", "6", "", "1.9"],
        ["Gn", "8", "5.9", "1.8"],
        ["T_R", "8", "5.9", "1.8"],
        ["Tr", "8", "1.2", "stays"],
    ]
    assert ui.shiftsTable.item(1, 0).toolTip() == "Gn follows your convention (8 scans, 5.9 to 1.8 mm)"
    assert ui.conventionLabel.text.startswith("Not in use. 8 scans of 2026-11-29; landmarks shifted: 2, of your own: 1")
    assert (
        "ben.ply is empty." in ui.conventionStatusLabel.text
        and "2 scans have landmarks" in ui.conventionStatusLabel.text
    )
    assert conventions.convention_for("face50") == ""  # nothing is used unasked
    click(ui.useButton)
    assert ui.conventionLabel.text.startswith("In use, with face50.") and not ui.useButton.enabled
    file = Path(conventions.convention_for("face50"))
    assert file.parent == models and checksum(read_convention(file)) == checksum(convention())
    settle()
    assert cut_off(shown.window) == []
    click(ui.stopUsingButton)
    assert conventions.convention_for("face50") == "" and not ui.stopUsingButton.enabled and ui.useButton.enabled


def test_what_is_used_is_shown_at_the_next_start(shown: Shown) -> None:
    conventions.use(convention())
    window, _widget, ui = load_section(UI)
    panel = ConventionsPanel(ui, lambda: "face50", lambda: "")
    with on_screen(window, panel, 320):
        assert ui.conventionLabel.text.startswith("In use") and ui.shiftsTable.rowCount == 51


def test_give_away_and_take_in(shown: Shown, folder: Path, tmp_path: Path) -> None:
    learned_from(shown, folder)
    shown.panel.export(tmp_path / "for Ben")
    given = tmp_path / "for Ben.convention.json"
    assert given.read_text(encoding="utf-8") == to_text(convention())
    assert "Saved: for Ben.convention.json." in shown.ui.conventionStatusLabel.text
    write_convention(convention(("Pg",)), given)
    shown.panel.bring_in(given)
    assert shown.rows[1] == ["Pg", "8", "5.9", "1.8"] and conventions.used() is None
    click(shown.ui.useButton)
    assert [one.label for one in conventions.used().used] == ["Pg"]  # type: ignore[union-attr]
    (tmp_path / "broken.json").write_text("{}")
    shown.panel.bring_in(tmp_path / "broken.json")
    assert "broken.json is not a convention" in shown.ui.conventionStatusLabel.text
    assert shown.rows[1][0] == "Pg"  # what was there stays


def test_the_page_has_arrows(shown: Shown, folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    assert not shown.ui.pageButton.enabled
    learned_from(shown, folder)
    click(shown.ui.pageButton)
    page = models / panel_file.PAGE
    assert [Path(path) for path in opened] == [page]
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text and "Gn" in text and "ben.ply is empty." in text


def test_what_is_placed_off_the_surface_is_said(shown: Shown, folder: Path) -> None:
    one = convention()
    off = tuple(replace(shift, off=2.9) if shift.label == "Al_R" else shift for shift in one.landmarks)
    write_convention(replace(one, landmarks=off), folder / "ready.json")
    learned_from(shown, folder)
    assert "off the surface of the scans: Al_R (2.9 mm)." in shown.ui.conventionStatusLabel.text
    tips = [shown.ui.shiftsTable.item(row, 0).toolTip() for row in range(shown.ui.shiftsTable.rowCount)]
    assert any(
        "Al_R stays" in tip and "2.9 mm off the surface, and landmarks are put onto it only" in tip for tip in tips
    )


def test_of_another_model(shown: Shown, tmp_path: Path) -> None:
    write_convention(convention(model_checksum="ab" * 32), tmp_path / "old.convention.json")
    shown.panel.bring_in(tmp_path / "old.convention.json")
    click(shown.ui.useButton)
    assert "learned with another model" in shown.ui.conventionStatusLabel.text
    assert conventions.used() is None


def test_what_goes_wrong(shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned_from(shown, folder)
    for program, words in ((_CRASHES, "ended unexpectedly (code 3)"), (_REFUSES, "A convention needs 3 scans.")):
        monkeypatch.setattr(training_process, "_PROCESS", ["-c", program])
        learned_from(shown, folder)
        assert words in shown.ui.conventionStatusLabel.text and shown.ui.learnFolderButton.enabled
        assert len(shown.rows) == 51  # what was learned before stays
    monkeypatch.setattr(engine_process, "interpreter", lambda: None)
    learned_from(shown, folder)
    assert "could not be started" in shown.ui.conventionStatusLabel.text


def test_each_third_reviewed_scan_it_learns_on_if_that_is_asked_for(shown: Shown, folder: Path) -> None:
    shown.folder = str(folder)
    for count in range(7):
        shown.panel.reviewed(count)
    assert not shown.panel.process.running and shown.told == []
    shown.ui.goOnCheckBox.checked = True
    shown.panel.reviewed(8)
    assert not shown.panel.process.running
    shown.panel.reviewed(9)
    wait_for(lambda: not shown.panel.process.running)
    assert shown.told == ["Gn now follows your convention (8 scans, 5.9 to 1.8 mm), and 2 more."]
    assert conventions.convention_for("face50")  # it is used from the next scan on
    shown.folder = "another"
    shown.panel.reviewed(30)  # another folder's scans were reviewed before
    assert not shown.panel.process.running


def test_news() -> None:
    one, more = convention(("Gn",)), convention(("Gn", "Pg"))
    assert news(one, more) == "Pg now follows your convention (8 scans, 5.9 to 1.8 mm)."
    assert news(more, more) == "Your convention was learned again from 8 scans."
    nothing = convention((), own=())
    assert news(nothing, convention(())) == "Scar is predicted (6 scans, expected error 1.9 mm)."


def reviewed_eggs(count: int, lower: float) -> list[Any]:
    """Eggs in the scene whose Pg a person put lower, and to whose landmarks they added a scar."""
    nodes = []
    for number in range(count):
        model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", f"egg {number}")
        model.SetAndObservePolyData(to_ras(egg()))
        model.CreateDefaultDisplayNodes()
        node = fill(model, replace(predict_egg(), model_checksum=face_model().checksum)).node
        session = ReviewSession(node)
        down = np.linalg.inv(session.review.prediction.face_from_scan)[:3, :3] @ [0.0, -lower, 0.0] * [-1, -1, 1]
        place = np.array(node.GetNthControlPointPositionWorld(session.protocol.index("Pg"))) + down
        session.place("Pg", place)
        session.accept("Prn")
        session.close()
        nodes.append(node)
    return nodes


def test_from_the_scans_of_the_scene(shown: Shown) -> None:
    reviewed_eggs(2, 8.0)
    click(shown.ui.learnQueueButton)
    assert "needs 3 scans or more" in shown.ui.conventionStatusLabel.text and shown.panel.shown is None
    nodes = reviewed_eggs(2, 8.0)
    click(shown.ui.learnQueueButton)
    by_label = {row[0]: row[1:] for row in shown.rows}
    assert set(by_label) == {"Pg", "Prn"}  # nobody has looked at the others
    assert by_label["Prn"] == ["4", "0.0", "stays"] and by_label["Pg"][0] == "4"
    assert float(by_label["Pg"][2]) < 1.0 < float(by_label["Pg"][1])
    assert load(nodes[0]).reviewed.sum() == 2  # looking changes nothing


def test_what_a_person_added_to_a_list_is_learned_from_too(host: Host) -> None:
    node = reviewed_eggs(1, 5.0)[0]
    node.SetFixedNumberOfControlPoints(False)
    node.AddControlPointWorld(*node.GetNthControlPointPositionWorld(3), "Scar")
    (only,), problems = marked_scans()
    assert problems == [] and only.labels[-1] == "Scar" and only.surface is not None
    place = np.array(node.GetNthControlPointPosition(node.GetNumberOfControlPoints() - 1)) * [-1, -1, 1]
    np.testing.assert_allclose(only.points[-1], place, atol=1e-6)


def test_in_the_module(module: LoadedModule, models: Path, folder: Path) -> None:
    """The line stands in the tab Scans, and batches follow what is used."""
    sections = module.widget.sections
    sections.tabs.show(LEARN)
    conventions.use(convention())
    try:
        asked: list[dict[str, Any]] = []
        sections.batch.process.start = asked.append
        sections.batch.folder = folder
        sections.batch.start()
        assert asked[0]["convention"] == str(models / conventions.FILE)
        sections.queue.tell("Gn now follows your convention.")
        assert sections.queue._ui.queueStatusLabel.text == "Gn now follows your convention."
    finally:
        conventions.use(None)


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off(shown: Shown, folder: Path, dark: bool) -> None:
    use_palette(dark)
    own = OwnLandmark("The lower end of the scar on the right cheek", 6, "spline", (0.0, 0.0, 0.0))
    write_convention(convention(own=(own,)), folder / "ready.json")
    learned_from(shown, folder)
    settle()
    assert [line for line in cut_off(shown.window) if "shiftsTable" not in line] == []
    assert json.loads((folder / "ready.json").read_text(encoding="utf-8"))["scans"] == 8
