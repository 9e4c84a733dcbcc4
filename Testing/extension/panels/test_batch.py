"""The section "Batch" as a person sees and uses it, and the way from there to the review."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import qt
import slicer
from fakes import predict_egg
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host, LoadedModule
from palnet.batch.batch import Batch, Fate, Settings, run_batch
from palnet.batch.files import find_scans
from palnet.batch.run import finish
from palnet.batch.task import Outcome, Task
from palnet.errors import Cancelled, PalnetError
from palnet.pipeline.model import Model
from palnet.resources import resource
from PALNetLandmarkerLib.engine import engine_process
from PALNetLandmarkerLib.engine.landmarking import bundled_model_names
from PALNetLandmarkerLib.panels import batch as batch_panel
from PALNetLandmarkerLib.panels.batch import BatchPanel
from PALNetLandmarkerLib.panels.tabs import REVIEW
from PALNetLandmarkerLib.queue import batch_process
from queues import QueueDesk, decide, scan_folder
from section import load_section, on_screen
from user import click, wait_for

UI = Path(batch_panel.__file__).parents[2] / "Resources" / "UI" / "PALNetBatch.ui"

# A batch that needs no engine: it says what it was asked for, two steps, and stops where its input closes.
_BATCH = """
import json, os, sys
task = json.loads(sys.stdin.readline())
def say(**line):
    print(json.dumps(line), flush=True)
print("a launcher's remark", flush=True)
say(done=1, total=3, scan="ann", said="50 of 50 placed", error="", left_s=130.0)
say(done=2, total=3, scan="ben", said="", error="ben.ply is empty: export the scan again.", left_s=20.0)
if "long" in task["folder"]:
    sys.stdin.read()
os.makedirs(task["output"], exist_ok=True)
with open(os.path.join(task["output"], "contact_sheet.html"), "w") as file:
    json.dump(task, file)
say(finished="2 of 3 scans have landmarks; 1 failed.", stopped="long" in task["folder"], failed=1)
"""
_CRASHES = "import sys, os; sys.stdin.readline(); os._exit(3)"
_REFUSES = 'import sys; sys.stdin.readline(); print(\'{"error": "The folder holds no scans."}\', flush=True)'


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``window``, and ``reviewed`` folders."""

    @property
    def says(self) -> tuple[str, str]:
        return self.ui.batchLabel.text, self.ui.batchStatusLabel.text


@pytest.fixture
def shown(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    monkeypatch.setattr(batch_process, "_PROCESS", ["-c", _BATCH])
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, reviewed=[])
    made.panel = BatchPanel(ui, lambda: "face50", made.reviewed.append)
    with on_screen(window, made.panel, 320):
        yield made


def test_empty(shown: Shown) -> None:
    ui = shown.ui
    assert not any(
        b.enabled for b in (ui.batchButton, ui.cancelBatchButton, ui.reviewBatchButton, ui.contactSheetButton)
    )
    assert "choose 'A folder of scans'" in ui.batchLabel.text and not ui.batchProgressBar.visible
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_from_a_folder_to_the_review(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    ui = shown.ui
    shown.panel.folder = tmp_path
    assert ui.batchButton.enabled and not ui.reviewBatchButton.visible
    ui.recursiveCheckBox.checked = True
    click(ui.batchButton)
    assert not ui.batchButton.enabled and ui.cancelBatchButton.enabled and ui.batchProgressBar.visible
    wait_for(lambda: not shown.panel.process.running)
    assert shown.says == ("2 of 3 scans have landmarks; 1 failed.", "No landmarks: ben.")
    assert "ben.ply is empty" in ui.batchStatusLabel.toolTip
    assert ui.batchButton.enabled and not ui.cancelBatchButton.enabled and not ui.batchProgressBar.visible
    sheet = tmp_path / "landmarks" / "contact_sheet.html"
    assert json.loads(sheet.read_text()) == {
        "folder": str(tmp_path),
        "output": str(tmp_path / "landmarks"),
        "recursive": True,
        "model": "face50",
        "jobs": 1,
    }
    click(ui.contactSheetButton)
    click(ui.reviewBatchButton)
    assert [Path(path) for path in opened] == [sheet] and shown.reviewed == [str(tmp_path)]


def test_progress_and_cancel(shown: Shown, tmp_path: Path) -> None:
    shown.panel.folder = tmp_path / "long"
    click(shown.ui.batchButton)
    wait_for(lambda: shown.ui.batchProgressBar.value == 2)
    assert shown.says == ("2 of 3 scans done (20 s left)", "No landmarks: ben.")
    assert shown.window.grab().save(str(tmp_path / "batch.png"))
    assert cut_off(shown.window) == []
    click(shown.ui.cancelBatchButton)
    assert not shown.ui.cancelBatchButton.enabled
    wait_for(lambda: not shown.panel.process.running)
    assert shown.ui.batchLabel.text == "Stopped. 2 of 3 scans have landmarks; 1 failed."


def test_what_goes_wrong(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown.panel.folder = tmp_path
    for program, words in ((_CRASHES, "ended unexpectedly (code 3)"), (_REFUSES, "The folder holds no scans.")):
        monkeypatch.setattr(batch_process, "_PROCESS", ["-c", program])
        click(shown.ui.batchButton)
        wait_for(lambda: not shown.panel.process.running)
        assert words in shown.ui.batchStatusLabel.text and shown.ui.batchLabel.text == ""
        assert shown.ui.batchButton.enabled
    monkeypatch.setattr(engine_process, "interpreter", lambda: None)
    click(shown.ui.batchButton)
    wait_for(lambda: not shown.panel.process.running)
    assert "could not be started" in shown.ui.batchStatusLabel.text


def test_closed_while_it_runs(shown: Shown, tmp_path: Path) -> None:
    shown.panel.folder = tmp_path / "long"
    shown.panel.start()
    wait_for(lambda: shown.ui.batchProgressBar.value == 2)
    process = shown.panel.process._process._process
    shown.panel.close()
    assert process.state() == qt.QProcess.NotRunning and not shown.panel.process.running
    assert (tmp_path / "long" / "landmarks" / "contact_sheet.html").is_file()  # it ended by itself


Ended = tuple[batch_process.BatchProcess, list[dict[str, object]]]


@pytest.fixture
def ended(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ended]:
    """A batch whose end was told while its process lives on, and what was told."""
    ends: list[dict[str, object]] = []
    process = batch_process.BatchProcess(lambda _step: None, ends.append)
    monkeypatch.setattr(batch_process, "_PROCESS", ["-c", f"{_REFUSES}; sys.stdin.read()"])
    process.start({})
    wait_for(lambda: len(ends) == 1)
    assert not process.running and process._process._ended.state() == qt.QProcess.Running
    yield process, ends
    process.stop()
    assert not process.running and len(ends) == 1


def test_next_batch_while_the_last_process_ends(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of that process is not the end of the next one."""
    process, ends = ended
    last = process._process._ended
    monkeypatch.setattr(batch_process, "_PROCESS", ["-c", "import sys; sys.stdin.read()"])
    process.start({})
    last.closeWriteChannel()
    assert last.waitForFinished()
    slicer.app.processEvents()
    assert process.running and len(ends) == 1


def test_closed_before_the_process_has_ended(ended: Ended) -> None:
    process, _ends = ended
    process.stop()
    assert process._process._ended.state() == qt.QProcess.NotRunning


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off(shown: Shown, tmp_path: Path, dark: bool) -> None:
    use_palette(dark)
    shown.panel.folder = tmp_path / "Patients of the outpatient department, before surgery, face at rest"
    for number in range(5):
        error = "A reason that is as long as reasons are: export it again."
        step = {"done": number + 1, "total": 5, "scan": f"Patient {number} before surgery, second scan", "said": ""}
        shown.panel._on_step({**step, "error": error, "left_s": 7000.0})
    slicer.app.processEvents()
    assert "and 2 more" in shown.ui.batchStatusLabel.text
    assert shown.window.grab().save(str(tmp_path / "batch.png"))
    assert cut_off(shown.window) == []


def test_for_scripts(module: LoadedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_process, "_PROCESS", ["-c", _BATCH])
    told: list[tuple[float, str]] = []
    said = module.widget.logic.landmarkFolder(str(tmp_path), progress=lambda *step: told.append(step))
    assert said == "2 of 3 scans have landmarks; 1 failed."
    assert told == [(1 / 3, "ann"), (2 / 3, "ben")]

    def cancel(_share: float, _scan: str) -> None:
        raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        module.widget.logic.landmarkFolder(str(tmp_path / "long"), progress=cancel)
    assert (tmp_path / "long" / "landmarks" / "contact_sheet.html").is_file()  # what is done stays
    monkeypatch.setattr(batch_process, "_PROCESS", ["-c", _REFUSES])
    with pytest.raises(PalnetError, match="holds no scans"):
        module.widget.logic.landmarkFolder(str(tmp_path))


def egg_outcomes(tasks: list[Task], _stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
    for index, _task in enumerate(tasks):
        yield index, Outcome(0.1, predict_egg(missing=("T_R",)).to_json(), b"", "", "ab" * 32)


@pytest.fixture
def landmarked(tmp_path: Path) -> Path:
    """A folder, and one in it, whose scans a batch has landmarked."""
    folder = scan_folder(tmp_path / "scans", "a.ply")
    scan_folder(folder / "day", "a.ply", "b.ply")
    scan_folder(folder / "other", "c.ply")
    items = [item for item in find_scans([folder], True) if not item.name.startswith("other")]
    model = Model("face50", predict_egg().protocol, ("none", {}), {}, predict_egg().points, predict_egg().points)
    batch = Batch(items, folder / "landmarks", model)
    run_batch(batch, Settings(), egg_outcomes, lambda _step: None)
    assert set(batch.fates.values()) == {Fate.LANDMARKED}
    finish(batch)
    return folder


def test_queue_takes_what_a_batch_wrote(queue_desk: QueueDesk, landmarked: Path) -> None:
    queue_desk.queue.use_folder(landmarked)
    assert queue_desk.names == ["a.ply", "day/a.ply", "day/b.ply"]
    assert queue_desk.states == ["ready to review"] * 3
    queue_desk.open("day/a.ply")
    landmarks = queue_desk.opened[-1][1]
    assert landmarks.GetNumberOfControlPoints() == 50
    assert "expected error" in landmarks.GetNthControlPointDescription(0)
    decide(landmarks, 50)
    queue_desk.queue.close()
    assert queue_desk.problems == []
    review = json.loads((landmarked / "landmarks" / "day" / "a.review.json").read_text(encoding="utf-8"))
    assert {entry["state"] for entry in review["landmarks"]} == {"accepted"}


def test_the_list_says_at_once_what_a_batch_has_made(module: LoadedModule, landmarked: Path) -> None:
    made, aside = landmarked / "landmarks", landmarked.parent / "made"
    made.rename(aside)
    sections = module.widget.sections
    module.widget._parameterNode.scanFolder = str(landmarked)
    assert [entry.state.value for entry in sections.queue.queue.entries] == ["waiting"]
    aside.rename(made)
    sections.batch._on_end({"stopped": False, "finished": "1 of 1 scans have landmarks."})
    assert [entry.state.value for entry in sections.queue.queue.entries] == ["ready to review"]


def test_review_of_a_batch_in_the_module(module: LoadedModule, landmarked: Path) -> None:
    widget = module.widget
    widget._parameterNode.scanFolder = str(landmarked)
    assert widget.sections.batch.folder == landmarked
    widget.sections.batch._on_review()
    assert widget.sections.tabs.shown == REVIEW and widget.sections.review.session.model.GetName() == "a"
    assert widget._parameterNode.scanFolder == str(landmarked)
    assert [entry.name for entry in widget.sections.queue.queue.entries] == ["a.ply", "day/a.ply", "day/b.ply"]
    (landmarked / "landmarks" / "day" / "b.mrk.json").unlink()
    widget.sections.batch._on_review()  # the folder is read anew
    states = [entry.state.value for entry in widget.sections.queue.queue.entries]
    assert states[:2] == ["ready to review"] * 2 and states[2] != "ready to review"


@pytest.mark.skipif(
    "face50" not in bundled_model_names(), reason="the landmark model face50 is not in Resources/models"
)
def test_the_real_process(shown: Shown, queue_desk: QueueDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_process, "_PROCESS", ["-m", "palnet.batch.process"])
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "ann.ply").write_bytes(resource("samples/sample_face.ply").read_bytes())
    (folder / "ben.ply").write_text("Dear colleague")
    shown.panel.folder = folder
    click(shown.ui.batchButton)
    wait_for(lambda: not shown.panel.process.running)
    assert shown.says[0] == "1 of 2 scans have landmarks; 1 failed." and shown.says[1] == "No landmarks: ben."
    names = {path.name for path in (folder / "landmarks").iterdir()}
    tables = {"points.csv", "measurements.csv", "quality.csv", "contact_sheet.html"}
    assert names == {"ann.mrk.json", "ann.review.json", "batch", *tables}
    queue_desk.queue.use_folder(folder)
    assert queue_desk.states[0] == "ready to review"
