"""One scan and one set of its landmarks is seen and can be caught by the mouse at a time."""

from __future__ import annotations

from typing import Any

import slicer

from .record import ATTRIBUTE
from .scan_nodes import scan_of

_ASIDE = "PALNet.aside"


def show_alone(scan: Any, landmarks: Any) -> None:
    """Hide the other scans, and every other set of landmarks.

    Faces lie over each other, and the wrong surface hides the points. Of two sets on one face the mouse would catch
    either: a person who drags the one that is not under review moves what was decided before, without a record.
    Of a model without landmarks no one knows whether it is a scan: one from a file is hidden once, and stays as the
    person has it afterwards.

    :param scan: ``vtkMRMLModelNode`` to show; None if it is not known
    :param landmarks: ``vtkMRMLMarkupsFiducialNode`` to show; None: no set
    """
    own = _labels(landmarks)
    for node in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode"):
        other = scan_of(node)
        if other is not None and other is not scan:
            show(other, False)
        if node is not landmarks and not node.GetHideFromEditors() and _is_set(node, own):
            show(node, False)
    for model in slicer.util.getNodesByClass("vtkMRMLModelNode") if scan is not None else ():
        put_aside(model, scan)
    for node in (scan, landmarks):
        show(node, True)


def put_aside(model: Any, scan: Any) -> bool:
    """Hide a model that was loaded from a file beside the chosen scan, once.

    :param model: any node, :param scan: ``vtkMRMLModelNode``
    :returns: whether it is another scan, and was hidden now
    """
    display = model.GetDisplayNode() if model.IsA("vtkMRMLModelNode") and model is not scan else None
    is_from_file = model.GetStorageNode() is not None and not model.GetHideFromEditors()
    if display is None or not is_from_file or display.GetAttribute(_ASIDE) is not None:
        return False
    display.SetAttribute(_ASIDE, "1")
    show(model, False)
    return True


def show(node: Any, shown: bool) -> None:
    """Show or hide a node; None, and one that is never shown, stay as they are: Slicer would log an error."""
    if node is not None and node.GetDisplayNode() is not None:
        node.SetDisplayVisibility(shown)


def _is_set(node: Any, labels: frozenset[str]) -> bool:
    """Whether a fiducial node holds landmarks as this module does, though perhaps no one said of which scan."""
    return scan_of(node) is not None or bool(node.GetAttribute(ATTRIBUTE)) or bool(_labels(node) & labels)


def _labels(node: Any) -> frozenset[str]:
    if node is None:
        return frozenset()
    return frozenset(node.GetNthControlPointLabel(index) for index in range(node.GetNumberOfControlPoints()))
