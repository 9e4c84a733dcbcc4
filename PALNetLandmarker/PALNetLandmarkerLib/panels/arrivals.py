"""What a person loads while the module is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..nodes.shown_alone import put_aside
from ..nodes.ties import landmarks_on

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


def take_in(came: list[Any], parameters: Any, session: Any) -> str:
    """Choose landmarks that came after their scan, and hide scans that would lie over the one at hand.

    :param came: nodes, :param parameters: ``PALNetLandmarkerParameterNode``
    :param session: the review that is open, ``ReviewSession``, or None
    :returns: what the person should know, as a sentence; empty if nothing
    """
    if parameters.surfaceModel is not None and parameters.landmarks is None:
        landmarks = landmarks_on(parameters.surfaceModel)
        if landmarks in came:
            parameters.landmarks = landmarks
    scan = session.model if session is not None else parameters.surfaceModel
    aside = [node.GetName() for node in came if scan is not None and put_aside(node, scan)]
    if not aside:
        return ""
    names = ", ".join(f"'{name}'" for name in aside)
    return str(_("Out of sight now: {names}. Choose it as Scan to go to it.").format(names=names))
