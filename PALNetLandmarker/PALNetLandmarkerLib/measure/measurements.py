"""Measurements of one fiducial node that follow its points: their values, a table node, and lines on the face."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import ReviewError
from palnet.measures.measurements import Measurer, reference_shape
from palnet.protocols.measurement_definition import Measurement
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, surface_from_polydata
from palnet.scans.surface_path import SurfacePaths

from ..nodes import own_points
from ..nodes.record import unit_mm
from ..nodes.scene import SCAN_REFERENCE, TABLE_REFERENCE, flip
from ..nodes.watch import Listener, PointsWatch
from ..view.measured_lines import MeasuredLine

_MOST_PATHS = 64


class LandmarkMeasurements:
    """Measures a fiducial node's landmarks, again after each move, in what the scan's file is in.

    :param node: ``vtkMRMLMarkupsFiducialNode`` with landmarks of a landmark model
    :param on_changed: called after the values have changed, or the node is gone
    :ivar values: by label, in the order of ``definitions``: mm, degrees or per cent; NaN where missing. Paths over the
        surface are measured when the mouse lets go of the point
    :ivar definitions: what is measured
    :raises ReviewError: the node holds no landmarks of a model
    """

    def __init__(self, node: Any, on_changed: Callable[[], None] = lambda: None) -> None:
        review = own_points.known(node)
        self.node = node
        self.closed = False
        self.values: dict[str, float] = {}
        self._scene = node.GetScene()
        self._on_changed = on_changed
        self._unit_mm = unit_mm(review)
        self._review = review  # which landmarks there are
        protocol = review.prediction.protocol
        self._measurer = Measurer(protocol, reference_shape(protocol, self._points()[None]))
        self._lines: dict[str, MeasuredLine] = {}
        self._paths: _ScanPaths | None = None
        self._built_for: tuple[Any, ...] | None = None
        listener = Listener(lambda _index: None, self._on_dragging, self._on_settled, self._on_settled, self._on_gone)
        self._watch = PointsWatch(node, listener)
        self._measure()

    @property
    def definitions(self) -> tuple[Measurement, ...]:
        return self._measurer.definitions

    @property
    def shown(self) -> list[str]:
        """Labels of the measurements that are shown on the face."""
        return list(self._lines)

    def show(self, label: str, shown: bool = True) -> None:
        """Show a measurement as a line or an angle on the face, or take it away again; a ratio has nothing to show.

        :raises ReviewError: there is no such measurement
        """
        one = next((one for one in self.definitions if one.label == label), None)
        if one is None:
            raise ReviewError(f"There is no measurement '{label}' of these landmarks.")
        if not shown:
            if label in self._lines:
                self._lines.pop(label).remove()
        elif label not in self._lines and one.kind != "ratio":
            self._lines[label] = MeasuredLine(self._scene, one, 1.0 / self._unit_mm)
            self._draw(one)

    def hide_all(self) -> None:
        """Take everything from the face."""
        for label in self.shown:
            self.show(label, False)

    @property
    def table(self) -> Any:
        """``vtkMRMLTableNode`` that follows the landmarks; None before :meth:`make_table`."""
        return self.node.GetNodeReference(TABLE_REFERENCE)

    @staticmethod
    def has_table(node: Any) -> bool:
        """Whether a table follows a fiducial node whenever it is measured."""
        return node.GetNodeReference(TABLE_REFERENCE) is not None

    def make_table(self) -> Any:
        """The table node of these landmarks, which is saved with the scene; a new one where there is none."""
        if self.table is None:
            name = self._scene.GenerateUniqueName(f"{self.node.GetName()} measurements")
            table = self._scene.AddNewNodeByClass("vtkMRMLTableNode", name)
            self.node.SetNodeReferenceID(TABLE_REFERENCE, table.GetID())
            self._fill_table()
        return self.table

    def close(self) -> None:
        """Follow no more, and take everything from the face; a table stays as it is."""
        if self.closed:
            return
        self.closed = True
        self._watch.close()
        self.hide_all()

    @property
    def mm(self) -> str:
        """What the lengths are in: ``"mm"``, or ``"relative mm"`` where no one knows how large the scan is."""
        return self._review.mm

    def _points(self) -> np.ndarray:
        """(L, 3) mm, in the coordinates of the node's file."""
        return own_points.places_of(self.node, self._review) * self._unit_mm

    def _on_dragging(self) -> None:
        if self._paths is not None:
            self._paths.busy = True
        self._update()

    def _on_settled(self) -> None:
        if self._paths is not None:
            self._paths.busy = False
        self._update()

    def _on_gone(self) -> None:
        self.close()
        self._on_changed()

    def _update(self) -> None:
        self._measure()
        self._on_changed()

    def _measure(self) -> None:
        """Bring values, lines and table up to date."""
        self.values = self._measurer.values(self._points(), self._surface_paths())
        for one in self.definitions:
            if one.label in self._lines:
                self._draw(one)
        self._fill_table()

    def _draw(self, one: Measurement) -> None:
        known = math.isfinite(self.values[one.label])
        way = self._measurer.outline(one, self._points(), self._paths) if known else None
        text = f"{one.name or one.label}  {value_text(one, self.values[one.label], self.mm)}"
        parent = self.node.GetTransformNodeID()
        self._lines[one.label].draw(None if way is None else flip(way / self._unit_mm), text, parent)

    def _fill_table(self) -> None:
        node = self.table
        if node is None:
            return
        table = node.GetTable()
        if table.GetNumberOfColumns() != len(_COLUMNS) or table.GetNumberOfRows() != len(self.definitions):
            table.Initialize()
            for name, kind in _COLUMNS.items():
                column = kind()
                column.SetName(name)
                column.SetNumberOfValues(len(self.definitions))
                table.AddColumn(column)
            node.SetUseColumnTitleAsColumnHeader(True)
            for row, one in enumerate(self.definitions):
                for name, text in (("Measurement", one.label), ("Name", one.name)):
                    table.GetColumnByName(name).SetValue(row, text)
        values, units = table.GetColumnByName("Value"), table.GetColumnByName("Unit")
        for row, (one, value) in enumerate(zip(self.definitions, self.values.values(), strict=True)):
            values.SetValue(row, round(value, 2))
            units.SetValue(row, self.mm if one.unit == "mm" else one.unit)
        table.Modified()

    def _surface_paths(self) -> SurfacePaths | None:
        """Paths over the scan in mm of the node's file; None if the scan is gone."""
        if not any(one.kind == "surface path" for one in self.definitions):
            return None
        model = self.node.GetNodeReference(SCAN_REFERENCE)
        mesh = model.GetPolyData() if model is not None else None
        if mesh is None:
            self._paths, self._built_for = None, None
            return None
        between = vtk.vtkGeneralTransform()
        slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
            model.GetParentTransformNode(), self.node.GetParentTransformNode(), between
        )
        frame = tuple(between.TransformPoint(place) for place in (*np.eye(3), np.zeros(3)))
        where = (mesh, mesh.GetMTime(), frame)
        if self._built_for != where:
            moved = vtk.vtkTransformPolyDataFilter()
            moved.SetTransform(between)
            moved.SetInputData(mesh)
            moved.Update()
            surface = surface_from_polydata(moved.GetOutput())
            surface = clean_surface(Surface(flip(surface.points) * self._unit_mm, surface.triangles))
            self._paths = _ScanPaths(surface) if len(surface.triangles) else None
            self._built_for = where
        return self._paths


_COLUMNS: dict[str, Any] = {
    "Measurement": vtk.vtkStringArray,
    "Name": vtk.vtkStringArray,
    "Value": vtk.vtkDoubleArray,
    "Unit": vtk.vtkStringArray,
}


class _ScanPaths(SurfacePaths):
    """Paths that are looked for once, and not while the mouse drags.

    :ivar busy: only paths that are known already are given
    """

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.busy = False
        self._known: dict[bytes, np.ndarray | None] = {}

    def path(self, start: np.ndarray, end: np.ndarray) -> np.ndarray | None:
        key = np.concatenate([start, end]).tobytes()
        if key not in self._known and not self.busy:
            if len(self._known) >= _MOST_PATHS:
                del self._known[next(iter(self._known))]
            self._known[key] = super().path(start, end)
        return self._known.get(key)


def value_text(one: Measurement, value: float, mm: str = "mm") -> str:
    """A value with its unit: ``54.3 mm``; a dash where it is missing.

    :param mm: what lengths are in
    """
    if not math.isfinite(value):
        return "\N{EN DASH}"
    unit = {"deg": "\N{DEGREE SIGN}", "%": " %", "mm": f" {mm}"}[one.unit]
    return f"{round(value, 1) + 0.0:.1f}{unit}"  # a minus before nothing goes with the sum
