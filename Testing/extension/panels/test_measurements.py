"""The section "Measurements" as a person sees and uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import qt
import slicer
from host.fit import cut_off
from host.palettes import use_palette
from host.pythonqt import unknown_attributes
from host.start import Host, LoadedModule
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.panels import measurements
from PALNetLandmarkerLib.panels.measurements import MeasurementsPanel
from PALNetLandmarkerLib.panels.tabs import MEASURE
from reviews import landmarks_of
from section import load_section, on_screen
from user import add_points, click, count

UI = Path(measurements.__file__).parents[2] / "Resources" / "UI" / "PALNetMeasurements.ui"
LINE = "vtkMRMLMarkupsLineNode"


class Shown(SimpleNamespace):
    """The section in a window of 400 px: ``panel``, ``ui`` and ``widget``."""

    def cell(self, name: str, column: int) -> Any:
        table = self.ui.measurementsTable
        rows = [row for row in range(table.rowCount) if table.item(row, 0).text() == name]
        return table.item(rows[0], column)

    def value(self, name: str) -> str:
        return self.cell(name, 1).text()

    def tick(self, name: str, ticked: bool = True) -> None:
        self.cell(name, 0).setCheckState(qt.Qt.Checked if ticked else qt.Qt.Unchecked)
        slicer.app.processEvents()


@pytest.fixture
def shown(host: Host) -> Iterator[Shown]:
    window, widget, ui = load_section(UI)
    made = Shown(window=window, widget=widget, ui=ui, panel=MeasurementsPanel(ui))
    with on_screen(window, made.panel, 400):
        yield made


@pytest.fixture
def node(model: Any, prediction: Prediction) -> Any:
    return landmarks_of(model, prediction)


def unfold(shown: Shown, node: Any) -> None:
    shown.panel.active = True
    shown.panel.follow(node)
    slicer.app.processEvents()


def test_nothing_is_measured_while_the_tab_is_not_shown(shown: Shown, node: Any) -> None:
    shown.panel.follow(node)
    assert shown.panel.measurements is None
    shown.panel.active = True
    assert shown.panel.measurements is not None and shown.ui.measurementsTable.rowCount > 60


def test_nothing_to_measure(shown: Shown) -> None:
    unfold(shown, None)
    assert "Place landmarks" in shown.ui.measurementsLabel.text and shown.ui.measurementsTable.rowCount == 0
    assert not shown.ui.hideMeasurementsButton.enabled and not shown.ui.measurementsTableButton.enabled
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []
    shown.panel.follow(add_points("others", 3))
    slicer.app.processEvents()
    assert "'others' holds no landmarks" in shown.ui.measurementsLabel.text


@pytest.mark.parametrize("dark", [False, True])
def test_values_follow(shown: Shown, node: Any, dark: bool) -> None:
    use_palette(dark)
    unfold(shown, node)
    assert shown.ui.measurementsLabel.text.startswith("66 measurements, ")
    assert shown.value("Cranial base width") == "\N{EN DASH}"
    before = shown.value("Nose height")
    assert before.endswith(" mm")
    index = shown.panel.measurements.definitions  # by name, as the table has them
    assert [shown.ui.measurementsTable.item(row, 0).text() for row in range(len(index))] == [one.name for one in index]
    place = node.GetNthControlPointPosition(5)
    node.SetNthControlPointPosition(5, place[0] + 20.0, place[1] + 20.0, place[2] + 20.0)
    slicer.app.processEvents()
    assert shown.value("Nose height") not in ("", before)
    assert cut_off(shown.window) == [] and unknown_attributes(shown.widget) == []


def test_ticks(shown: Shown, node: Any, model: Any, prediction: Prediction) -> None:
    unfold(shown, node)
    shown.tick("Nose height")
    shown.tick("Biocular width")
    assert count(LINE) == 2 and shown.ui.hideMeasurementsButton.enabled
    shown.tick("Biocular width", False)
    assert count(LINE) == 1
    index = [one.kind for one in shown.panel.measurements.definitions].index("ratio")
    ratio = shown.ui.measurementsTable.item(index, 0)
    assert ratio.data(qt.Qt.CheckStateRole) is None
    other = landmarks_of(model, prediction)
    shown.panel.follow(other)  # the next scan: the same is shown on it
    slicer.app.processEvents()
    assert count(LINE) == 1 and shown.panel.measurements.shown == ["N-Sn"]
    assert shown.cell("Nose height", 0).checkState() == qt.Qt.Checked
    click(shown.ui.hideMeasurementsButton)
    assert count(LINE) == 0 and shown.cell("Nose height", 0).checkState() == qt.Qt.Unchecked
    shown.tick("Nose height")
    shown.panel.follow(None)
    slicer.app.processEvents()
    assert count(LINE) == 0 and shown.ui.measurementsTable.rowCount == 0


def test_table(shown: Shown, node: Any) -> None:
    unfold(shown, node)
    click(shown.ui.measurementsTableButton)
    assert count("vtkMRMLTableNode") == 1 and not shown.ui.measurementsTableButton.enabled
    assert shown.ui.measurementsLabel.text.endswith("in the table 'egg landmarks measurements'")
    shown.panel.follow(None)
    shown.panel.active = False
    shown.panel.follow(node)  # it follows again, though the tab is not shown
    assert shown.panel.measurements is not None
    slicer.mrmlScene.RemoveNode(node)
    slicer.app.processEvents()
    assert shown.ui.measurementsTable.rowCount == 0


def test_in_the_module(module: LoadedModule, node: Any, model: Any) -> None:
    widget = module.widget
    widget._parameterNode.landmarks = node
    slicer.app.processEvents()
    panel = widget.sections.measurements
    assert panel.measurements is None
    widget.sections.tabs.show(MEASURE)
    slicer.app.processEvents()
    panel._ui.measurementsTable.item(0, 0).setCheckState(qt.Qt.Checked)
    assert count(LINE) == 1 and panel.measurements.shown == ["Tr-N"]
    module.exit()
    assert count(LINE) == 0
    module.enter()
    assert count(LINE) == 1
    slicer.mrmlScene.Clear()
    slicer.app.processEvents()
    assert count(LINE) == 0 and panel.measurements is None


def test_by_the_logic(module: LoadedModule, node: Any) -> None:
    measured = module.widget.logic.measureLandmarks(node)
    assert measured.values["N-Sn"] > 0 and measured.make_table() is measured.table
    measured.close()
