"""Undo of what happens to one node, by Slicer's own undo of the scene."""

from __future__ import annotations

from typing import Any

_MOST_STATES = 500


class NodeUndo:
    """Switches the scene's undo on for one node; Slicer's markups save a state by themselves when a drag begins.

    :param node: ``vtkMRMLNode`` in a scene
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._scene = scene = node.GetScene()
        self._was_on = scene.GetUndoFlag()
        scene.SetUndoOn()
        scene.SetMaximumNumberOfSavedUndoStates(max(_MOST_STATES, scene.GetMaximumNumberOfSavedUndoStates()))
        node.SetUndoEnabled(True)
        scene.ClearRedoStack()
        # What was done before belongs to others.
        self._floor = scene.GetNumberOfUndoLevels()

    def save(self) -> None:
        """Keep the node as it is now, before it is changed."""
        self._scene.SaveStateForUndo()
        self.forget_undone()

    def forget_undone(self) -> None:
        """After a change there is nothing to do again."""
        self._scene.ClearRedoStack()

    def back(self) -> None:
        """Put the node back to the state before the last saved one."""
        self._scene.Undo()

    def forth(self) -> None:
        """Take the last step back again."""
        self._scene.Redo()

    @property
    def can_go_back(self) -> bool:
        return bool(self._scene.GetNumberOfUndoLevels() > self._floor)

    @property
    def can_go_forth(self) -> bool:
        return bool(self._scene.GetNumberOfRedoLevels() > 0)

    def close(self) -> None:
        """Leave the scene's undo as it was."""
        self._node.SetUndoEnabled(False)
        self._scene.SetUndoFlag(self._was_on)
