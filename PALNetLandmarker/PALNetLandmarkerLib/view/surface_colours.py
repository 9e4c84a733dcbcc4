"""A surface in the colours of its values: Slicer's own colour tables and colour legend, in the report's colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from palnet.reports.heat_map import UNKNOWN, colours
from palnet.surfaces.template import face_template

from ..palette import ERROR_CLASSES, REGIONS, Color, class_name

SHOWN_REGION = "shown_region"
"""Array of a surface: the region of each point, or one more than there are where the scan shows nothing."""
SHOWN_EXPECTED = "shown_expected"
"""Array of a surface: the class of each point's expected distance, or one more than there are, likewise."""
_SHADES = 255
_NOT_SHOWN = "not shown"
_ATTRIBUTE = "PALNet.colours"
_MM, _DOUBT, _PARTS = "inward to outward, mm", "expected distance, mm", "regions"
_LEFT_LIGHTER = 0.45
_LABELS, _TEXT_PX = 5, 14
# Shares of the view. Some Slicers fit the text to the legend, others keep to its size: this looks alike in both.
_OF_NUMBERS, _OF_NAMES = (0.1, 0.42), (0.15, 0.55)


def region_values(missing: np.ndarray) -> np.ndarray:
    """(N,) the values of ``SHOWN_REGION``."""
    template = face_template()
    return np.where(missing > 0, len(template.region_names), template.region).astype(float)


def expected_values(expected: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(N,) the values of ``SHOWN_EXPECTED``."""
    classes = np.searchsorted([bound for bound, _color in ERROR_CLASSES], expected, side="right")
    return np.where(missing > 0, len(ERROR_CLASSES), classes).astype(float)


def paint_regions(node: Any) -> None:
    """Show a surface by its regions, with their names as legend."""
    names = (*face_template().region_names, _NOT_SHOWN)
    table = _table(node.GetScene(), _PARTS, [_region_color(name) for name in names], names)
    _paint(node, SHOWN_REGION, table, (-0.5, len(names) - 0.5))
    _legend(node, "Regions", "", len(names))


def paint_expected(node: Any) -> None:
    """Show how far each point is to be expected from its true place, in the colours of the zones of doubt."""
    shades = [*(color for _bound, color in ERROR_CLASSES), tuple(UNKNOWN / 255.0)]
    names = (*(class_name(index) for index in range(len(ERROR_CLASSES))), _NOT_SHOWN)
    table = _table(node.GetScene(), _DOUBT, shades, names)
    _paint(node, SHOWN_EXPECTED, table, (-0.5, len(names) - 0.5))
    _legend(node, "Expected", "", len(names))


def paint_mm(node: Any, name: str, title: str, end: float) -> None:
    """Show values in mm from blue, inward, to orange, outward.

    :param name: of the values, :param title: of the legend, :param end: mm, of both ends of the scale
    """
    shades = colours(np.linspace(-1.0, 1.0, _SHADES), 1.0) / 255.0
    table = _table(node.GetScene(), _MM, [tuple(shade) for shade in shades])
    _paint(node, name, table, (-end, end))
    _legend(node, title, "%+.1f mm", _LABELS)


def hide_legend(node: Any) -> None:
    """Take the legend of a surface away until it is painted again."""
    logic = _logic()
    legend = logic.GetColorLegendDisplayNode(node.GetDisplayNode()) if logic is not None else None
    if legend is not None:
        legend.SetVisibility(False)


def _paint(node: Any, name: str, table: Any, span: tuple[float, float]) -> None:
    display = node.GetDisplayNode()
    with slicer.util.NodeModify(display):
        display.SetAndObserveColorNodeID(table.GetID())
        display.SetActiveScalar(name, vtk.vtkAssignAttribute.POINT_DATA)
        display.SetScalarRangeFlag(display.UseManualScalarRange)
        display.SetScalarRange(*span)
        display.SetScalarVisibility(True)


def _legend(node: Any, title: str, form: str, labels: int) -> None:
    """:param form: of the numbers; empty: the names of the colours stand there"""
    logic = _logic()
    if logic is None:
        return
    legend = logic.AddDefaultColorLegendDisplayNode(node.GetDisplayNode())
    with slicer.util.NodeModify(legend):
        # Of all views: in the slices there would be a legend without a face.
        views = slicer.util.getNodesByClass("vtkMRMLViewNode", node.GetScene())
        legend.SetViewNodeIDs([view.GetID() for view in views])
        legend.SetTitleText(title)
        legend.SetUseColorNamesForLabels(not form)
        legend.SetLabelFormat(form or "%s")
        legend.SetNumberOfLabels(labels)
        legend.SetMaxNumberOfColors(_SHADES + 1)
        legend.SetSize(*(_OF_NUMBERS if form else _OF_NAMES))
        for style in (legend.GetTitleTextProperty(), legend.GetLabelTextProperty()):
            style.SetFontFamilyToArial()
            style.SetFontSize(_TEXT_PX)
            style.SetBold(False)
        legend.SetVisibility(True)
    legend.Modified()  # it does not hear of what its model shows


def _logic() -> Any:
    """Slicer's logic of colours; None in an application without it."""
    return slicer.modules.colors.logic() if hasattr(slicer.modules, "colors") else None


def _table(scene: Any, name: str, shades: list[Any], names: tuple[str, ...] = ()) -> Any:
    """The colour table of a name, made where the scene has none; grey is what is not known."""
    tables = slicer.util.getNodesByClass("vtkMRMLColorTableNode", scene)
    table = next((one for one in tables if one.GetAttribute(_ATTRIBUTE) == name), None)
    if table is None or table.GetNumberOfColors() != len(shades):
        table = scene.AddNewNodeByClass("vtkMRMLColorTableNode", f"PAL-Net {name}")
        table.SetAttribute(_ATTRIBUTE, name)
        table.SetTypeToUser()
        table.SetNumberOfColors(len(shades))
        for index, shade in enumerate(shades):
            table.SetColor(index, names[index] if names else f"{index}", *shade)
    # No file of a colour table holds this one: in a scene that was opened it is to be said again.
    table.GetLookupTable().SetNanColor(*(UNKNOWN / 255.0), 1.0)
    return table


def _region_color(name: str) -> Color:
    """The left side in a lighter tone of the right one's."""
    base = name.removesuffix(" left").removesuffix(" right")
    color = np.array(REGIONS.get(base, tuple(UNKNOWN / 255.0)))
    if name.endswith(" left"):
        color += _LEFT_LIGHTER * (1.0 - color)
    return tuple(float(part) for part in color)  # type: ignore[return-value]
