"""Nodes that belong to the module alone: neither listed by other modules nor saved."""

from __future__ import annotations

from typing import Any


def add_hidden(scene: Any, node: Any, name: str) -> Any:
    """Add a node, with a display node, that is in no list of nodes and in no saved scene.

    Slicer lists a node in the moment it comes and never looks again: so it is hidden before that.

    :param node: displayable node that is in no scene yet
    :returns: the node
    """
    node.SetName(name)
    node.SetAttribute("SubjectHierarchy.ExcludeFromTree", "1")
    _hide(node)
    scene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    _hide(node.GetDisplayNode())
    return node


def _hide(node: Any) -> None:
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
