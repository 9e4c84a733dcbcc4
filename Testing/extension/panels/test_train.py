"""The section "Train" as a person uses it: a folder is looked at, a training runs, pauses, and ends as a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import qt
import slicer
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host
from PALNetLandmarkerLib.engine import engine_process, training_process
from PALNetLandmarkerLib.engine.own_models import own_models
from PALNetLandmarkerLib.panels import pytorch
from PALNetLandmarkerLib.panels import train as train_panel
from PALNetLandmarkerLib.panels.train import TrainPanel
from section import load_section, on_screen
from user import click, settle, wait_for

UI = Path(train_panel.__file__).parents[2] / "Resources" / "UI" / "PALNetTrain.ui"

# A training that needs no engine: it looks at a folder, or trains eight steps; it goes on where it was, and where its
# folder is a long one it waits at the fourth for its input to close.
_TRAINING = """
import json, os, sys
task = json.loads(sys.stdin.readline())
def say(**line):
    print(json.dumps(line), flush=True)
if "check" in task:
    say(stage="checking", words="Checking", step=1, steps=2, done=0.5)
    say(checked={"said": "12 scans of 12 subjects, 8 landmarks, in mm", "scans": 12, "subjects": 12, "landmarks": 8,
                 "vertices": 120000, "labels": [], "left_out": ["ben.ply is empty: export the scan again."],
                 "odd": ["Ex_R of ann lies 84 mm from where other scans have it: look whether labels were swapped."]})
    sys.exit()
plan = task["train"]
os.makedirs(plan["output"], exist_ok=True)
state = os.path.join(plan["output"], "training.json")
def write(which, *said):
    with open(state, "w") as file:
        json.dump({"format": "palnet-training", "version": 1, "state": which, "said": said, "plan": plan}, file)
write("open")
at = os.path.join(plan["output"], "step")
first = int(open(at).read()) if os.path.exists(at) else 0
for step in range(0, first + 1, 2):
    if step:
        say(validated={"step": step, "error_mm": 3 - step / 4, "loss": 2 - step / 8}, part="part 1 of 5")
for step in range(first + 1, 9):
    say(stage="training", words="Training", part="part 1 of 5", step=step, steps=8, done=step / 10, left_s=60.0,
        loss=2 - step / 8)
    if step % 2 == 0:
        say(validated={"step": step, "error_mm": 3 - step / 4, "loss": 2 - step / 8}, part="part 1 of 5")
    if step == 4 and "long" in plan["folder"]:
        sys.stdin.read()
        open(at, "w").write("4")
        say(stopped="The training was stopped.")
        sys.exit()
open(os.path.join(plan["output"], plan["name"] + ".palnet"), "w").write("a model")
write("finished", "It is 1.00 mm off.")
say(finished=["On 3 scans that it had not seen, it is 1.00 mm off.", "face50 is 2.00 mm off there."])
"""
_CRASHES = "import sys, os; sys.stdin.readline(); os._exit(3)"
_REFUSES = 'import sys; sys.stdin.readline(); print(\'{"error": "The disk is full."}\', flush=True)'


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui``, ``widget``, ``window``; ``used`` and ``made`` models."""

    @property
    def says(self) -> str:
        return str(self.ui.runLabel.text)

    def choose(self, folder: Path) -> None:
        self.panel.choose(folder)
        wait_for(lambda: not self.panel.process.running)

    def train(self, folder: Path) -> None:
        self.choose(folder)
        click(self.ui.startButton)


def open_section() -> Shown:
    window, widget, ui = load_section(UI)
    shown = Shown(window=window, widget=widget, ui=ui, used=[], made=[], drawn=[])
    shown.panel = TrainPanel(ui, shown.used.append, shown.made.append, lambda: shown.drawn.append(0))
    return shown


@pytest.fixture
def models(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for models, and the training that needs no engine."""
    monkeypatch.setattr(training_process, "_PROCESS", ["-c", _TRAINING])
    settings = slicer.app.userSettings()
    for key in ("training", "models"):
        settings.remove(f"PALNetLandmarker/{key}")
    settings.setValue("PALNetLandmarker/modelsFolder", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def shown(models: Path) -> Iterator[Shown]:
    made = open_section()
    with on_screen(made.window, made.panel, 320):
        yield made


def test_empty(shown: Shown) -> None:
    ui = shown.ui
    assert ui.scansButton.enabled and not ui.startButton.enabled and not ui.nameEdit.enabled
    assert not ui.runBox.visible and not ui.problemsList.visible and "conventions" in ui.foundLabel.text
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_a_folder_is_looked_at_before_anything_runs(shown: Shown, tmp_path: Path) -> None:
    ui = shown.ui
    shown.choose(tmp_path / "Clinic: noses")
    assert ui.foundLabel.text == "Clinic: noses: 12 scans of 12 subjects, 8 landmarks, in mm."
    listed = [ui.problemsList.item(row).text() for row in range(ui.problemsList.count)]
    assert listed[0] == "ben.ply is empty: export the scan again." and "swapped" in listed[1]
    assert "min on one core" in ui.estimateLabel.text and ui.startButton.enabled
    assert ui.nameEdit.text == "Clinic noses"
    usual = ui.estimateLabel.text
    ui.lengthCombo.setCurrentIndex(2)
    longer = ui.estimateLabel.text
    ui.testCombo.setCurrentIndex(1)
    assert len({usual, longer, ui.estimateLabel.text}) == 3
    assert cut_off(shown.window) == []


def test_from_a_folder_to_a_model(shown: Shown, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    ui = shown.ui
    shown.choose(tmp_path / "scans")
    ui.nameEdit.text = "noses"
    ui.beginCombo.setCurrentIndex(ui.beginCombo.count - 1)
    click(ui.startButton)
    assert not ui.setupBox.visible and ui.pauseButton.enabled and ui.trainProgressBar.visible
    wait_for(lambda: not shown.panel.process.running)
    assert shown.says == "The model 'noses' is trained, and is in the list of models."
    assert "1.00 mm off. face50 is 2.00 mm off there." in ui.resultLabel.text
    assert not ui.trainProgressBar.visible and not ui.goOnButton.visible
    plan = json.loads((models / "noses" / "training.json").read_text())["plan"]
    assert (plan["name"], plan["start"], plan["length"], plan["crossvalidated"]) == ("noses", "", "usual", False)
    assert shown.panel.curves.errors == {2: 2.5, 4: 2.0, 6: 1.5, 8: 1.0}
    assert sorted(shown.panel.curves.losses) == list(range(1, 9))
    file = str(models / "noses" / "noses.palnet")
    assert shown.made == [file] and own_models() == [file]
    click(ui.useModelButton)
    click(ui.reportButton)
    assert shown.used == [file] and [Path(path) for path in opened] == [models / "noses" / "report" / "report.html"]
    assert cut_off(shown.window) == []
    click(ui.anotherButton)
    assert ui.setupBox.visible and ui.startButton.enabled
    assert ui.beginCombo.findData(file) >= 0  # the next one can begin from it
    click(ui.startButton)
    wait_for(lambda: not shown.panel.process.running)
    assert (models / "noses 2" / "noses 2.palnet").is_file()  # nothing is written over


def test_pause_and_go_on(shown: Shown, models: Path, tmp_path: Path) -> None:
    ui = shown.ui
    shown.train(tmp_path / "long")
    wait_for(lambda: shown.panel.curves.errors.get(4) is not None)
    assert "Training: 4 of 8. Error on validation 2.00 mm; at first 2.50, best 2.00." in shown.says
    assert ui.trainProgressBar.value == 400 and "1 min left" in ui.trainProgressBar.format
    settle()
    assert shown.window.grab().save(str(tmp_path / "training.png"))
    assert cut_off(shown.window) == []
    click(ui.pauseButton)
    assert not (ui.pauseButton.visible and ui.pauseButton.enabled)
    wait_for(lambda: not shown.panel.process.running)
    assert ui.goOnButton.visible and not ui.pauseButton.visible and "'long' waits: nothing is lost" in shown.says
    # The rest needs no waiting for.
    shown.panel.plan = replace(shown.panel.plan, folder=tmp_path / "short")
    click(ui.goOnButton)
    wait_for(lambda: not shown.panel.process.running)
    assert "is trained" in shown.says
    assert sorted(shown.panel.curves.errors) == [2, 4, 6, 8] and sorted(shown.panel.curves.losses)[-4:] == [5, 6, 7, 8]


def test_slicer_is_closed_while_it_trains_and_the_next_start_offers_to_go_on(models: Path, tmp_path: Path) -> None:
    first = open_section()
    with on_screen(first.window, first.panel, 320):
        first.train(tmp_path / "long")
        wait_for(lambda: first.panel.curves.errors.get(4) is not None)
        process = first.panel.process._process._process
    assert process.state() == qt.QProcess.NotRunning
    assert (models / "long" / "step").read_text() == "4"  # it ended by itself, at a checkpoint
    second = open_section()
    with on_screen(second.window, second.panel, 320):
        assert "The training 'long' is not finished" in second.says and second.ui.goOnButton.enabled
        assert not second.panel.process.running  # nothing happens unasked
        click(second.ui.goOnButton)
        wait_for(lambda: not second.panel.process.running)
        assert "is trained" in second.says and sorted(second.panel.curves.errors) == [2, 4, 6, 8]
    third = open_section()
    with on_screen(third.window, third.panel, 320):
        assert third.panel.plan is None and third.ui.setupBox.visible


def test_cancel_keeps_what_was_trained(shown: Shown, models: Path, tmp_path: Path) -> None:
    shown.train(tmp_path / "long")
    wait_for(lambda: shown.panel.curves.errors.get(4) is not None)
    click(shown.ui.cancelTrainingButton)
    wait_for(lambda: not shown.panel.process.running)
    assert shown.ui.setupBox.visible and "is kept in" in shown.ui.trainStatusLabel.text
    assert (models / "long" / "training.json").is_file() and training_process.open_training() is None
    shown.train(tmp_path / "long")
    wait_for(lambda: shown.panel.curves.errors.get(4) is not None)
    click(shown.ui.pauseButton)
    wait_for(lambda: not shown.panel.process.running)
    click(shown.ui.cancelTrainingButton)  # while it waits, too
    assert shown.ui.setupBox.visible and training_process.open_training() is None


def test_what_goes_wrong(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ui = shown.ui
    for program, words in ((_CRASHES, "ended unexpectedly (code 3)"), (_REFUSES, "The disk is full.")):
        monkeypatch.setattr(training_process, "_PROCESS", ["-c", program])
        shown.choose(tmp_path / "scans")
        assert words in ui.trainStatusLabel.text and ui.foundLabel.text == "" and not ui.startButton.enabled
        monkeypatch.setattr(training_process, "_PROCESS", ["-c", _TRAINING])
        shown.choose(tmp_path / "scans")
        monkeypatch.setattr(training_process, "_PROCESS", ["-c", program])
        click(ui.startButton)
        wait_for(lambda: not shown.panel.process.running)
        assert words in ui.trainStatusLabel.text and ui.goOnButton.visible and ui.goOnButton.enabled
        monkeypatch.setattr(training_process, "_PROCESS", ["-c", _TRAINING])
        click(ui.goOnButton)
        wait_for(lambda: not shown.panel.process.running)
        assert "is trained" in shown.says and ui.trainStatusLabel.text == ""
        click(ui.anotherButton)
    monkeypatch.setattr(engine_process, "interpreter", lambda: None)
    shown.choose(tmp_path / "scans")
    assert "could not be started" in ui.trainStatusLabel.text


def test_a_name_that_is_none(shown: Shown, models: Path, tmp_path: Path) -> None:
    shown.choose(tmp_path / "scans")
    for name in ("", "../noses", "a/b", ".noses"):
        shown.ui.nameEdit.text = name
        click(shown.ui.startButton)
        assert "Give the model a name" in shown.ui.trainStatusLabel.text, name
        assert shown.panel.plan is None and not models.exists()


class Extension:
    """Slicer's extension PyTorch, as it answers."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[dict[str, object]] = []

    def module(self) -> ModuleType:
        made = ModuleType("PyTorchUtils")
        made.PyTorchUtilsLogic = lambda: SimpleNamespace(installTorch=self.install)  # type: ignore[attr-defined]
        return made

    def install(self, **options: object) -> object:
        self.asked.append(options)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Nothing was started: training needs PyTorch."),
        (RuntimeError("No space left on device\nmore"), "PyTorch could not be installed (No space left on device)"),
    ],
)
def test_pytorch_that_cannot_be_had(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object, words: str
) -> None:
    monkeypatch.setattr(pytorch.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", Extension(answer).module())
    shown.train(tmp_path / "scans")
    assert words in shown.ui.trainStatusLabel.text and shown.panel.plan is None and shown.ui.startButton.enabled


def test_pytorch_is_asked_for_by_its_extension(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytorch.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    shown.train(tmp_path / "scans")
    assert "install the extension 'PyTorch' in the Extensions Manager" in shown.ui.trainStatusLabel.text
    extension = Extension(object())
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension.module())
    click(shown.ui.startButton)
    assert extension.asked == [{"askConfirmation": True, "torchVersionRequirement": ">=2.2"}]
    wait_for(lambda: not shown.panel.process.running)
    assert "is trained" in shown.says


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off(shown: Shown, tmp_path: Path, dark: bool) -> None:
    use_palette(dark)
    shown.choose(tmp_path / "Patients of the outpatient department, before surgery, face at rest")
    slicer.app.processEvents()
    assert cut_off(shown.window) == []
    click(shown.ui.startButton)
    wait_for(lambda: not shown.panel.process.running)
    assert cut_off(shown.window) == []
