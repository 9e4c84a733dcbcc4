"""A person trains a model in Slicer: start, watch, pause, another module, come back, finish, and place with it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import slicer
import things
from host.start import Host, LoadedModule
from host.views import FOUR_UP, ONE_PLOT
from host.window import Window
from palnet.learning.plan import FINISHED, State
from palnet.pipeline.model import Model
from PALNetLandmarkerLib.engine import training_process
from PALNetLandmarkerLib.panels.tabs import LEARN, REVIEW
from things import write_things
from user import click, settle, wait_for

# The training of the module with a network of a few numbers, and a few steps of it.
_TINY = f"""
import sys
sys.path[:0] = [{str(Path(things.__file__).parent)!r}]
from dataclasses import replace
from palnet import lines
from palnet.learning import process, run
from things import CONFIG
lines._NICENESS = 0  # a test waits for it
run.config_of = lambda plan, start: replace(CONFIG, name=plan.name, steps=16, validate_every=4)
process.main()
"""
_LENIENT = {"clear_doubt_mm": 1e3, "most_doubt_mm": 1e3, "least_presence": 0.0, "least_shown": 0.0}
"""A network that has learned nothing would place nothing."""


@pytest.fixture
def window(host: Host, module: LoadedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """Slicer with the module open at the tab Learn, and an empty folder for models."""
    monkeypatch.setattr(training_process, "_PROCESS", ["-c", _TINY])
    settings = slicer.app.userSettings()
    for key in ("training", "models", "convention"):
        settings.remove(f"PALNetLandmarker/{key}")
    settings.setValue("PALNetLandmarker/modelsFolder", str(tmp_path / "models"))
    shown = Window(host, module)
    shown.show()
    sections = module.widget.sections
    sections.tabs.show(LEARN)
    click(sections.learn._ui.trainChoice)
    yield shown
    for key in ("training", "models"):
        settings.remove(f"PALNetLandmarker/{key}")
    shown.close_view()


def begun(window: Window, folder: Path) -> None:
    """Choose a folder, and train anew."""
    train = window.module.widget.sections.learn.train
    train.choose(folder)
    wait_for(lambda: not train.process.running)
    train._ui.beginCombo.setCurrentIndex(train._ui.beginCombo.count - 1)
    click(train._ui.startButton)
    wait_for(lambda: bool(train.curves.errors) or not train.process.running)
    assert train.process.running, train._ui.trainStatusLabel.text


def test_from_a_folder_to_landmarks(window: Window, tmp_path: Path) -> None:
    module, sections = window.module, window.module.widget.sections
    train, ui = sections.learn.train, sections.learn.train._ui
    begun(window, write_things(tmp_path / "things"))

    # The curves stand in the place of the views, as long as the person looks at them.
    assert window.views.layout_id == ONE_PLOT
    chart = window.views.plot.chart  # type: ignore[union-attr]
    assert chart.GetTitle() == "Training of things" and chart.GetNumberOfPlotSeriesNodes() == 2
    series = [chart.GetNthPlotSeriesNode(number) for number in (0, 1)]
    rows = {one.GetYColumnName(): one.GetTableNode().GetTable().GetNumberOfRows() for one in series}
    assert rows["error"] == max(len(train.curves.errors), 2)
    sections.tabs.show(REVIEW)
    assert window.views.layout_id == FOUR_UP
    sections.tabs.show(LEARN)
    assert window.views.layout_id == ONE_PLOT
    settle()
    assert window.fold() == 0 and window.cut_off() == []

    click(ui.pauseButton)
    wait_for(lambda: not train.process.running)
    at = max(train.curves.losses)
    assert at < 16 and ui.goOnButton.visible
    module.exit()
    assert window.views.layout_id == FOUR_UP
    slicer.mrmlScene.Clear()  # another patient
    module.enter()
    sections.tabs.show(LEARN)
    click(ui.goOnButton)
    wait_for(lambda: len(train.curves.losses) > at // 4 + 1 or not train.process.running)
    module.exit()  # it goes on while another module is shown
    wait_for(lambda: not train.process.running)
    module.enter()
    assert "is trained" in ui.runLabel.text, ui.trainStatusLabel.text
    assert max(train.curves.errors) == 16 and State.read(train.plan.output).state == FINISHED
    assert (train.plan.output / "report" / "report.html").is_file()

    model = Model.load(train.plan.model_file)
    model.settings |= _LENIENT
    model.save(train.plan.model_file)
    click(ui.useModelButton)
    parameters = module.widget._parameterNode
    assert parameters.landmarkModel == str(train.plan.model_file)
    assert module.widget.ui.landmarkModelSelector.currentText == "things.palnet"
    parameters.surfaceModel = slicer.util.loadModel(str(tmp_path / "things" / "T0.ply"))
    click(module.widget.ui.applyButton)
    settle()
    assert sections.review.session is not None, module.widget.ui.statusLabel.text
    assert sections.review.session.protocol.labels == list(things.LABELS)


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed otherwise there")
def test_a_killed_process_costs_nothing_but_its_last_steps(window: Window, tmp_path: Path) -> None:
    train = window.module.widget.sections.learn.train
    begun(window, write_things(tmp_path / "things"))
    seen = max(train.curves.errors)
    os.kill(train.process._process._process.processId(), signal.SIGKILL)
    wait_for(lambda: not train.process.running)
    assert "ended unexpectedly" in train._ui.trainStatusLabel.text and train._ui.goOnButton.enabled
    click(train._ui.goOnButton)
    wait_for(lambda: bool(train.curves.errors))
    assert min(train.curves.losses) >= 4  # the first validation and what is before it is not done again
    assert window.views.layout_id == ONE_PLOT  # the curves are seen again, though a validation is what is told first
    assert seen >= 4
    wait_for(lambda: not train.process.running)
    assert "is trained" in train._ui.runLabel.text


def test_the_next_start_of_slicer_goes_on(window: Window, tmp_path: Path) -> None:
    from host.start import load_module

    begun(window, write_things(tmp_path / "things"))
    window.module.widget.sections.learn.close()  # as Slicer does when it ends
    again = load_module()
    try:
        learn = again.widget.sections.learn
        assert learn._ui.trainChoice.checked and "is not finished" in learn.train._ui.runLabel.text
        assert learn.train.plan.name == "things"
    finally:
        again.unload()
