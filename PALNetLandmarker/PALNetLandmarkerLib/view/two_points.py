"""Two places on a scan, clicked one after the other: what lies between them is as long as a person knows it to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.protocols.measurement_definition import simple

from ..nodes.fiducials import style_fiducials
from ..nodes.hidden_nodes import add_hidden
from ..nodes.snap import SurfaceSnap
from ..palette import CHOSEN
from .measured_lines import MeasuredLine
from .placing import OneClick

_NAMES = ("A", "B")
# Shares of the scan's extent, whose unit is not known here.
_POINT, _NEAR, _MM = 0.008, 0.008, 0.004


class TwoPoints:
    """Waits for two clicks on a scan, and shows them with a line between.

    :param on_changed: called after each click, and when nothing is waited for any more
    :ivar places: (3,) RAS of each click, on the surface
    """

    def __init__(self, scene: Any, on_changed: Callable[[], None]) -> None:
        self._scene = scene
        self._on_changed = on_changed
        self._model: Any = None
        self._snap: SurfaceSnap | None = None
        self._node: Any = None
        self._line: MeasuredLine | None = None
        self._click: OneClick | None = None
        self.places: list[np.ndarray] = []

    @property
    def waiting(self) -> bool:
        """Whether the next click in a 3D view is one of the two."""
        return self._click is not None and self._click.waiting

    @property
    def distance(self) -> float:
        """Between the two, in the scene's unit; NaN before there are two."""
        return float(np.linalg.norm(self.places[1] - self.places[0])) if len(self.places) == len(_NAMES) else np.nan

    @property
    def next(self) -> str:
        """The name of the point that the next click gives."""
        return _NAMES[min(len(self.places), len(_NAMES) - 1)]

    def start(self, model: Any) -> None:
        """Wait for two clicks on a ``vtkMRMLModelNode``; those before are forgotten."""
        self.clear()
        self._model, self._snap = model, SurfaceSnap(model)
        extent = self._extent()
        self._node = add_hidden(self._scene, slicer.vtkMRMLMarkupsFiducialNode(), "PAL-Net two points")
        self._node.SetLocked(True)
        style_fiducials(self._node)
        display = self._node.GetDisplayNode()
        with slicer.util.NodeModify(display):
            for put in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
                put(*CHOSEN)
            display.SetGlyphSize(_POINT * extent)
            display.SetOccludedVisibility(True)
        self._line = MeasuredLine(self._scene, simple("distance", _NAMES), _MM * extent)
        self._click = OneClick(self._scene, self._node, self._meets, self._clicked, lambda: None, self._on_changed)
        self._click.start(_NAMES[0])
        self._on_changed()

    def stop(self) -> None:
        """Wait for no click any more; what was clicked stays."""
        if self._click is not None:
            self._click.stop()

    def clear(self) -> None:
        """Take away what was clicked."""
        click, line, node = self._click, self._line, self._node
        self._click, self._line, self._node, self.places = None, None, None, []
        if click is not None:
            click.close()
        if line is not None:
            line.remove()
        if node is not None and self._scene.IsNodePresent(node):
            self._scene.RemoveNode(node.GetDisplayNode())
            self._scene.RemoveNode(node)

    def _clicked(self, place: np.ndarray) -> None:
        assert self._snap is not None and self._click is not None and self._line is not None
        on_surface = self._snap(place)
        self._node.AddControlPointWorld(vtk.vtkVector3d(*on_surface), self.next)
        self.places.append(on_surface)
        if len(self.places) < len(_NAMES):
            self._click.start(self.next)
        else:
            self._line.draw(np.array(self.places), "", None)
        self._on_changed()

    def _meets(self, place: np.ndarray) -> bool:
        """Whether a click is on the scan, as near as Slicer's own picking is."""
        assert self._snap is not None
        return float(np.linalg.norm(self._snap(place) - place)) <= _NEAR * self._extent()

    def _extent(self) -> float:
        bounds = np.zeros(6)
        self._model.GetRASBounds(bounds)
        return float(np.linalg.norm(bounds[1::2] - bounds[::2])) or 1.0
