"""The items of Slicer's *Data* tree, which its subject hierarchy plugins make and slicer-core does not."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

_KINDS = ("vtkMRMLModelNode", "vtkMRMLMarkupsNode")


def grow(scene: Any) -> None:
    """Give every model and markups node that comes into a scene its item, as Slicer does, unless it is hidden then."""

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def add(_scene: Any, _event: Any, node: Any) -> None:
        if not scene.IsImporting() and not node.GetHideFromEditors() and any(node.IsA(kind) for kind in _KINDS):
            tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
            tree.CreateItem(tree.GetSceneItemID(), node)

    scene.AddObserver(scene.NodeAddedEvent, add)


def names(scene: Any) -> list[str]:
    """What the tree lists."""
    tree, items = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene), vtk.vtkIdList()
    tree.GetItemChildren(tree.GetSceneItemID(), items, True)
    return [tree.GetItemName(items.GetId(index)) for index in range(items.GetNumberOfIds())]
