"""Place one landmark by one click, in Slicer's own place mode.

The click goes to a node of its own: the landmark keeps its place until then, and calling it off changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
from slicer.util import VTKObservationMixin

from ..nodes.hidden_nodes import add_hidden
from ..palette import CHOSEN
from .viewpoint import views_shown


class OneClick(VTKObservationMixin):
    """Waits for a click in a 3D view; one in a slice, which shows no face, does nothing.

    :param landmarks: ``vtkMRMLMarkupsFiducialNode``, whose look the point has; the next manual placement goes there
        afterwards, unless another node was chosen for that before
    :param meets: says whether a place (3,) RAS is on the scan; where a click is not, nothing is placed and the next
        one is waited for: Slicer puts a point into the air beside a face
    :param on_placed: called with the place (3,) RAS of the click
    :param on_missed: called after a click that met no scan
    :param on_stopped: called when nothing is waited for any more, whatever the reason
    """

    def __init__(
        self,
        scene: Any,
        landmarks: Any,
        meets: Callable[[np.ndarray], bool],
        on_placed: Callable[[np.ndarray], None],
        on_missed: Callable[[], None],
        on_stopped: Callable[[], None],
    ) -> None:
        super().__init__()
        self._scene = scene
        self._landmarks = landmarks
        self._meets = meets
        self._on_placed = on_placed
        self._on_missed = on_missed
        self._on_stopped = on_stopped
        self._node: Any = None
        self._active_before: str = ""
        self._persistent_before = 0
        self.waiting = False

    def start(self, label: str) -> None:
        """Go to place mode; the mouse carries a point with this label."""
        selection, interaction = self._selection(), self._interaction()
        self._active_before = selection.GetActivePlaceNodeID() or self._landmarks.GetID()
        node = self._fresh_node()
        node.SetControlPointLabelFormat(label.replace("%", ""))  # Slicer dies of what is no format
        self.waiting = True
        selection.SetReferenceActivePlaceNodeClassName("vtkMRMLMarkupsFiducialNode")
        selection.SetActivePlaceNodeID(node.GetID())
        self._persistent_before = interaction.GetPlaceModePersistence()
        interaction.SetPlaceModePersistence(0)
        interaction.SetCurrentInteractionMode(interaction.Place)
        self.addObserver(interaction, interaction.InteractionModeChangedEvent, self._on_mode_changed)
        self.addObserver(selection, selection.ActivePlaceNodeIDChangedEvent, self._on_active_node_changed)

    def stop(self) -> None:
        """Go back to the normal mouse, and to the node for which points were placed before."""
        if self.waiting:
            self._end()
            self._selection().SetActivePlaceNodeID(self._active_before)

    def close(self) -> None:
        """Stop, and remove the node."""
        self.stop()
        self.removeObservers()
        if self._node is not None and self._scene.IsNodePresent(self._node):
            self._scene.RemoveNode(self._node.GetDisplayNode())
            self._scene.RemoveNode(self._node)

    def _on_mode_changed(self, interaction: Any, _event: Any) -> None:
        """The click came, or the person called it off by Esc, a right click or another tool."""
        if interaction.GetCurrentInteractionMode() == interaction.Place:
            return
        place = self._clicked()
        if place is not None and not self._meets(place):
            self._node.RemoveAllControlPoints()
            interaction.SetCurrentInteractionMode(interaction.Place)
            self._on_missed()
            return
        self.stop()
        if place is not None:
            self._on_placed(place)

    def _clicked(self) -> np.ndarray | None:
        """(3,) RAS: where the click was; None if there was none."""
        node = self._node
        for index in range(node.GetNumberOfControlPoints()):
            if node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
                return np.array(node.GetNthControlPointPositionWorld(index))
        return None

    def _on_active_node_changed(self, selection: Any, _event: Any) -> None:
        """The next click would go to another node: another module wants it, or Slicer chose a node that was added."""
        if selection.GetActivePlaceNodeID() != self._node.GetID():
            self._end()

    def _end(self) -> None:
        self.waiting = False
        interaction, selection = self._interaction(), self._selection()
        self.removeObserver(interaction, interaction.InteractionModeChangedEvent, self._on_mode_changed)
        self.removeObserver(selection, selection.ActivePlaceNodeIDChangedEvent, self._on_active_node_changed)
        self._node.SetDisplayVisibility(False)
        # What others have set meanwhile stays: another tool of the mouse, or placing one point after the other.
        if not interaction.GetPlaceModePersistence():
            interaction.SetPlaceModePersistence(self._persistent_before)
        if interaction.GetCurrentInteractionMode() == interaction.Place:
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        self._on_stopped()

    def _fresh_node(self) -> Any:
        """An empty node that looks like the chosen landmark."""
        if self._node is None or not self._scene.IsNodePresent(self._node):
            self._node = add_hidden(self._scene, slicer.vtkMRMLMarkupsFiducialNode(), "PAL-Net placing")
        display = self._node.GetDisplayNode()
        if self._landmarks.GetDisplayNode() is not None:
            display.CopyContent(self._landmarks.GetDisplayNode())
        with slicer.util.NodeModify(display):
            display.SetColor(*CHOSEN)
            display.SetSelectedColor(*CHOSEN)
            display.SetVisibility(True)
            display.SetVisibility2D(False)
            # In a view where it is not shown Slicer places nothing.
            display.SetViewNodeIDs([view.GetID() for view in views_shown(self._scene)])
        self._node.RemoveAllControlPoints()
        return self._node

    def _interaction(self) -> Any:
        return self._scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")

    def _selection(self) -> Any:
        return self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
