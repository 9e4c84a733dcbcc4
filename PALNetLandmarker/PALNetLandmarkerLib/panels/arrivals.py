"""What a person loads while the module is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin

_KINDS = ("vtkMRMLModelNode", "vtkMRMLMarkupsFiducialNode")


class Arrivals(VTKObservationMixin):
    """Hears of scans and landmarks as soon as they are whole: Slicer adds a node to the scene first and fills it then.

    :param on_come: called with the nodes that came, from Qt's event loop
    """

    def __init__(self, on_come: Callable[[list[Any]], None]) -> None:
        super().__init__()
        self._on_come = on_come
        self._coming: list[Any] = []
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._tell)
        self.addObserver(slicer.mrmlScene, slicer.vtkMRMLScene.NodeAddedEvent, self._on_added)

    def close(self) -> None:
        """Hear of no more."""
        self._timer.stop()
        self.removeObservers()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_added(self, scene: Any, _event: Any, node: Any) -> None:
        if scene.IsImporting():  # whoever opens a scene is told of it when it is there
            return
        if any(node.IsA(kind) for kind in _KINDS):
            self._coming.append(node)
        if self._coming:
            self._timer.start(0)  # what is shown of a node comes last, and is a node, too

    def _tell(self) -> None:
        there = [node for node in self._coming if slicer.mrmlScene.IsNodePresent(node)]
        whole = [node for node in there if node.GetDisplayNode() is not None and not node.GetHideFromEditors()]
        self._coming = [node for node in there if node.GetDisplayNode() is None]
        if whole:
            self._on_come(whole)
