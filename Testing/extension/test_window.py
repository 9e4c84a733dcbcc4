"""Panel and 3D view in one window: the landmarks are seen after Apply, and follow the mouse on the surface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import FakePredictor
from host.start import Host, LoadedModule
from host.window import Window
from user import click, drag


@pytest.fixture
def window(host: Host, model: Any, module: LoadedModule, predictor: type[FakePredictor]) -> Iterator[Window]:
    """The window after Apply, with the egg's front in view."""
    shown = Window(host, module)
    shown.show()
    slicer.app.processEvents()
    click(module.widget.ui.applyButton)
    node = module.widget._parameterNode.landmarks
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
    middle = points[[node.GetNthControlPointLabel(i) != "T_R" for i in range(len(points))]].mean(axis=0)
    bounds = np.zeros(6)
    model.GetRASBounds(bounds)
    towards = middle - bounds.reshape(3, 2).mean(axis=1)
    shown.three_d.view.look(middle, towards, np.array([0.0, 0.0, 1.0]), 130.0)
    yield shown
    shown.close_view()


def test_landmarks_are_seen(window: Window, module: LoadedModule, tmp_path: Path) -> None:
    node = module.widget._parameterNode.landmarks
    with_points = window.three_d.view.pixels().astype(int)
    node.SetDisplayVisibility(False)
    without = window.three_d.view.pixels().astype(int)
    node.SetDisplayVisibility(True)
    changed = np.abs(with_points - without).max(axis=2) > 30
    assert changed.sum() > 400
    assert window.picture().save(str(tmp_path / "window.png"))


def test_landmark_follows_the_mouse_on_the_surface(window: Window, module: LoadedModule) -> None:
    node = module.widget._parameterNode.landmarks
    index, before = foremost(window, node)
    drag(window, node, index, pixels=(32, 16))
    after = np.array(node.GetNthControlPointPositionWorld(index))
    assert 5.0 < np.linalg.norm(after - before) < 40.0


def test_a_long_name_leaves_the_panel_as_wide_as_it_is(window: Window, module: LoadedModule, tmp_path: Path) -> None:
    """A file's name is one word to Qt, which breaks lines between words only."""
    module.widget.sections.export.save(module.widget._parameterNode.landmarks, tmp_path / f"{80 * 'm'}.mrk.json")
    slicer.app.processEvents()
    assert window.scroll.widget().width == window.scroll.viewport().width


def foremost(window: Window, node: Any) -> tuple[int, np.ndarray]:
    """The defined control point nearest to the viewer, with its place in RAS."""
    camera = window.three_d.view.camera_node().GetCamera()
    direction = np.array(camera.GetDirectionOfProjection())
    defined = [
        index
        for index in range(node.GetNumberOfControlPoints())
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined
    ]
    points = {index: np.array(node.GetNthControlPointPositionWorld(index)) for index in defined}
    index = min(defined, key=lambda i: float(points[i] @ direction))
    return index, points[index]
