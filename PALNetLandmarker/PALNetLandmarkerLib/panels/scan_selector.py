"""The choice of the scan on top of the panel: a model, or a volume, whose skin becomes a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from ..nodes.surface_nodes import is_surface
from ..nodes.volumes import is_volume


class ScanSelector:
    """Keeps a selector at what the parameters say, and tells what the person chooses.

    The parameters are tied by hand: to Slicer, one parameter for nodes of two classes is none of one class, and scenes
    that were saved before would be read otherwise.

    :param combo: ``qMRMLNodeComboBox`` of models and volumes
    :param on_chosen: called with the node that was chosen, or None
    """

    def __init__(self, combo: Any, on_chosen: Callable[[Any], None]) -> None:
        self._combo = combo
        self._on_chosen = on_chosen
        self._showing = False
        for field in combo.findChildren(qt.QComboBox):
            field.defaultText = _("No scan yet")  # "Select a Model" does not fit, and a volume will do, too
        combo.connect("currentNodeChanged(vtkMRMLNode*)", self._changed)

    def show(self, node: Any) -> None:
        """Show what is chosen."""
        self._showing = True
        try:
            self._leave_out_surfaces()
            self._combo.setCurrentNode(node)
        finally:
            self._showing = False

    def _leave_out_surfaces(self) -> None:
        """A surface that was made of a scan is no scan."""
        surfaces = [model.GetID() for model in slicer.util.getNodesByClass("vtkMRMLModelNode") if is_surface(model)]
        listed = self._combo.sortFilterProxyModel()
        if list(listed.hiddenNodeIDs) != surfaces:
            listed.hiddenNodeIDs = surfaces

    def _changed(self, node: Any) -> None:
        if not self._showing:
            self._on_chosen(node)


def first_scan() -> tuple[Any, Any]:
    """The first model of the scene, or, where there is none, its first volume; None for the other, or for both."""
    # The first model nodes of a scene may be Slicer's own slice planes, which are hidden; a surface of a scan is none.
    shown = [
        next((node for node in slicer.util.getNodesByClass(kind) if not node.GetHideFromEditors() and may(node)), None)
        for kind, may in (("vtkMRMLModelNode", _may_be_scan), ("vtkMRMLScalarVolumeNode", is_volume))
    ]
    return shown[0], None if shown[0] is not None else shown[1]


def _may_be_scan(model: Any) -> bool:
    return not is_surface(model)
