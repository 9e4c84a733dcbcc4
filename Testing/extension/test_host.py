"""The test host's window, boxes, files and parameters do what Slicer's do; other tests rely on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import qt
import slicer
from host.fit import cut_off
from host.start import Host, LoadedModule
from host.window import PANEL_WIDTH, Window
from user import add_points, press


@pytest.fixture
def window(host: Host, module: LoadedModule) -> Iterator[Window]:
    shown = Window(host, module, 1000, 700)
    shown.show()
    yield shown
    shown.close_view()


def test_shortcuts(window: Window) -> None:
    """A shortcut of the main window works wherever the focus is, but letters typed into a text field are letters."""
    heard: list[str] = []
    shortcut = qt.QShortcut(slicer.util.mainWindow())
    shortcut.setKey(qt.QKeySequence("A"))
    shortcut.connect("activated()", lambda: heard.append("A"))
    undo = qt.QShortcut(slicer.util.mainWindow())
    undo.setKey(qt.QKeySequence("Ctrl+Z"))
    undo.connect("activated()", lambda: heard.append("undo"))
    button = window.module.widget.ui.applyButton
    field = qt.QLineEdit(window.module.panel)
    field.show()
    for widget in (None, window, window.three_d, button, field):
        (widget or window).setFocus()
        press(window, "A", widget)
    assert heard == ["A"] * 4
    assert field.text == "a"
    press(window, "Ctrl+Z", window.three_d)
    assert heard[-1] == "undo"
    for made in (shortcut, undo, field):
        made.delete()


def test_panel_is_as_wide_as_in_slicer(window: Window) -> None:
    assert window.scroll.width == PANEL_WIDTH
    assert window.picture().width() == 1000
    tall = qt.QLabel("below")
    tall.setFixedHeight(2000)
    window.module.panel.layout().addWidget(tall)
    tall.show()
    slicer.app.processEvents()
    assert window.scroll.verticalScrollBar().visible
    assert window.module.panel.width == PANEL_WIDTH - window.scroll.verticalScrollBar().width


def test_cut_off(host: Host) -> None:
    panel = qt.QWidget()
    layout = qt.QVBoxLayout(panel)
    text = "Some words that need more than the width which this panel has."
    label, wrapped, button, combo = qt.QLabel("short"), qt.QLabel(text), qt.QPushButton("Go"), qt.QComboBox()
    wrapped.wordWrap = True
    combo.addItem("one")
    combo.sizePolicy = qt.QSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
    table = qt.QTableWidget(1, 1)
    table.setItem(0, 0, qt.QTableWidgetItem("cell"))
    for widget in (label, wrapped, button, combo, table):
        layout.addWidget(widget)
    panel.resize(260, 400)
    panel.show()
    slicer.app.processEvents()
    assert cut_off(panel) == []

    def faults(change: Any, back: Any) -> list[str]:
        change()
        slicer.app.processEvents()
        found = cut_off(panel)
        back()
        slicer.app.processEvents()
        assert cut_off(panel) == []
        return found

    assert faults(lambda: wrapped.setFixedHeight(14), lambda: wrapped.setFixedHeight(80))
    assert faults(lambda: combo.setItemText(0, text), lambda: combo.setItemText(0, "one"))
    assert faults(lambda: button.setFixedWidth(12), lambda: button.setFixedWidth(100))
    assert faults(lambda: table.item(0, 0).setText(text), lambda: table.item(0, 0).setText("cell"))
    assert faults(lambda: table.setColumnWidth(0, 600), lambda: table.setColumnWidth(0, 100))
    label.setMaximumWidth(200)
    assert faults(lambda: label.setText(text), lambda: label.setText("short"))
    panel.close()


def test_dark(host: Host, module: LoadedModule) -> None:
    """The panel is dark while a dark window is there, and light afterwards."""

    def background(window: Window) -> int:
        return window.picture().toImage().pixelColor(3, 650).lightness()

    window = Window(host, module, 1000, 700, dark=True)
    window.show()
    assert background(window) < 80
    window.close_view()
    window = Window(host, module, 1000, 700)
    window.show()
    assert background(window) > 220
    window.close_view()


def test_scene_that_cannot_be_saved(host: Host, tmp_path: Path) -> None:
    add_points("points", 2)
    assert not slicer.util.saveScene(str(tmp_path / "nowhere" / "scene.mrb"))
    with pytest.raises(RuntimeError):
        slicer.util.loadScene(str(tmp_path / "nothing.mrml"))


@pytest.mark.parametrize("yes", [True, False])
def test_questions(host: Host, yes: bool) -> None:
    """One answer for all kinds of boxes; a box with one button is closed by it."""
    host.boxes.answer = qt.QMessageBox.Ok if yes else qt.QMessageBox.Cancel
    assert slicer.util.confirmOkCancelDisplay("Ok?") is yes
    assert slicer.util.confirmYesNoDisplay("Yes?") is yes
    assert slicer.util.confirmRetryCloseDisplay("Again?") is yes
    slicer.util.errorDisplay("Error.")
    slicer.util.infoDisplay("Fine.")
    assert host.boxes.texts == ["Ok?", "Yes?", "Again?", "Error.", "Fine."]
    host.boxes.answer = qt.QMessageBox.Ok


def test_parameters_and_their_widgets(host: Host) -> None:
    """Values of each kind go from the parameter node to the widget and back, and stay in the scene."""
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        flag: bool = True
        number: int = 3
        length: float = 2.5
        text: str = "one"

    widgets = {"flag": qt.QCheckBox(), "number": qt.QSpinBox(), "length": qt.QDoubleSpinBox(), "text": qt.QLineEdit()}
    for name, widget in widgets.items():
        widget.setProperty("SlicerParameterName", name)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "parameters")
    parameters = Parameters(node)
    tag = parameters.connectGui(SimpleNamespace(**widgets))
    assert (widgets["flag"].checked, widgets["number"].value, widgets["length"].value) == (True, 3, 2.5)
    parameters.length = 4.0
    assert widgets["length"].value == 4.0
    widgets["number"].setValue(7)
    widgets["text"].setText("two")
    widgets["flag"].setChecked(False)
    again = Parameters(node)
    assert (again.flag, again.number, again.length, again.text) == (False, 7, 4.0, "two")
    parameters.disconnectGui(tag)
