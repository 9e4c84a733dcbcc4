"""What happens to a fiducial node: dragged by the mouse, changed by anyone else, or gone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import vtk
from slicer.util import VTKObservationMixin

_FIRST = 100.0


@dataclass(frozen=True)
class Listener:
    """Who is told what.

    :ivar grabbed: the person pressed the mouse on the point with this index
    :ivar dragging: it moves
    :ivar dropped: the mouse was released
    :ivar changed: points, their status, their locks or the node's transform changed in another way
    :ivar gone: the node is about to be removed, or the scene closes
    """

    grabbed: Callable[[int], None]
    dragging: Callable[[], None]
    dropped: Callable[[], None]
    changed: Callable[[], None]
    gone: Callable[[], None]


class PointsWatch(VTKObservationMixin):
    """Observes a ``vtkMRMLMarkupsFiducialNode`` until closed.

    :ivar resting: nothing is told but that the node is gone
    """

    def __init__(self, node: Any, listener: Listener) -> None:
        super().__init__()
        self._node = node
        self._listener = listener
        self._dragging = False
        self._deaf = False
        self.resting = False
        scene = node.GetScene()
        self.addObserver(node, node.PointStartInteractionEvent, self._on_start)
        self.addObserver(node, node.PointEndInteractionEvent, self._on_end)
        for event in (
            node.PointModifiedEvent,
            node.PointPositionUndefinedEvent,
            node.PointPositionMissingEvent,
            node.PointAddedEvent,
            node.PointRemovedEvent,
            node.TransformModifiedEvent,
            node.LockModifiedEvent,
        ):
            self.addObserver(node, event, self._on_changed)
        # Before the node selectors, which let their node go at this event: what follows from that comes too late.
        self.addObserver(scene, scene.NodeAboutToBeRemovedEvent, self._on_node_goes, priority=_FIRST)
        self.addObserver(scene, scene.StartCloseEvent, self._on_scene_closes)

    def close(self) -> None:
        """Observe no more."""
        self.removeObservers()

    @contextlib.contextmanager
    def deaf(self) -> Iterator[None]:
        """Within this, changes come from the listener itself."""
        before, self._deaf = self._deaf, True
        try:
            yield
        finally:
            self._deaf = before

    def _on_start(self, _caller: Any, _event: Any) -> None:
        if self.resting:
            return
        self._dragging = True
        display = self._node.GetDisplayNode()
        index = display.GetActiveComponentIndex() if display is not None else -1
        if 0 <= index < self._node.GetNumberOfControlPoints():
            self._listener.grabbed(index)

    def _on_end(self, _caller: Any, _event: Any) -> None:
        self._dragging = False
        if not self.resting:
            self._listener.dropped()

    def _on_changed(self, _caller: Any, _event: Any) -> None:
        if self._deaf or self.resting:
            return
        if self._dragging:
            self._listener.dragging()
        else:
            self._listener.changed()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_node_goes(self, _caller: Any, _event: Any, node: Any) -> None:
        if node is self._node:
            self._listener.gone()

    def _on_scene_closes(self, _caller: Any, _event: Any) -> None:
        self._listener.gone()
