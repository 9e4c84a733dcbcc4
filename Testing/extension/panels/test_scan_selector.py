"""What is listed at "Scan", on top of the panel."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from host.window import Window
from PALNetLandmarkerLib.nodes.surface_nodes import create_surface
from user import place_landmarks, settle


def test_an_empty_scene_says_so_in_full(window: Window, model: Any) -> None:
    slicer.mrmlScene.RemoveNode(model)
    settle()
    assert scans_of(window) == ["No scan yet"] and window.cut_off() == []


def test_a_surface_that_was_made_of_a_scan_is_no_scan_to_choose(window: Window, model: Any) -> None:
    session = place_landmarks(window)
    surface = create_surface(model)
    window.module.widget.sections.update()
    assert scans_of(window) == [model.GetName()]
    slicer.mrmlScene.RemoveNode(surface)
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    window.module.widget.sections.update()
    assert scans_of(window) == [model.GetName(), other.GetName()]
    assert window.module.widget._parameterNode.landmarks is session.node


def scans_of(window: Window) -> list[str]:
    """What is listed at "Scan"."""
    combo = window.module.widget.ui.surfaceSelector.findChildren(qt.QComboBox)[0]
    return [combo.itemText(row) for row in range(combo.count)]
