"""Slicer's plot view as a widget: the chart that its node names, drawn by VTK off screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from PALNetLandmarkerLib.view.drawing import pixels_of
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel
from vtk.util.numpy_support import vtk_to_numpy

_SMALLEST = 50


class PlotWidget(QLabel):
    """``slicer.app.layoutManager().plotWidget(0)``.

    As in Slicer, axes whose range is automatic are fitted when a curve is added or taken away, not when it grows.

    :ivar complaints: what VTK would have written into the log
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLPlotViewNode")
        node.UnRegister(None)
        node.SetName("PlotView1")
        node.SetLayoutName("PlotView1")
        self._node = node
        self.complaints: list[str] = []
        self._fitted: tuple[list[str], list[tuple[float, float]]] = ([], [])
        self._watched: tuple[Any, int] | None = None
        self._add()
        node.AddObserver("ModifiedEvent", self._on_changed)

    def mrmlPlotViewNode(self) -> Any:
        return self._add()

    def _add(self) -> Any:
        """As in Slicer, the view's node is a singleton that a closed scene keeps."""
        if self._node.GetScene() is None:
            slicer.mrmlScene.AddNode(self._node)
        return self._node

    @property
    def chart(self) -> Any:
        """The chart node that is shown, or None."""
        return self._add().GetPlotChartNode()

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """From where to where the axes reach: steps, values."""
        self._on_changed()
        node = self.chart
        if node is None or not self._fitted[1]:
            return []
        axes = (
            (node.GetXAxisRangeAuto(), node.GetXAxisRange()),
            (node.GetYAxisRangeAuto(), node.GetYAxisRange()),
        )
        return [fitted if auto else own for (auto, own), fitted in zip(axes, self._fitted[1], strict=True)]

    def _on_changed(self, *_event: Any) -> None:
        """The view has another chart, or its chart has changed."""
        node = self.chart
        if self._watched is not None and self._watched[0] is not node:
            self._watched[0].RemoveObserver(self._watched[1])
            self._watched = None
        if node is None:
            return
        if self._watched is None:
            self._watched = node, node.AddObserver("ModifiedEvent", self._on_changed)
        curves = [node.GetNthPlotSeriesNode(index) for index in range(node.GetNumberOfPlotSeriesNodes())]
        columns = [
            vtk_to_numpy(curve.GetTableNode().GetTable().GetColumnByName(name))
            for curve in curves
            for name in (curve.GetXColumnName(), curve.GetYColumnName())
        ]
        if any(len(column) < 2 for column in columns):
            self.complaints.append("Attempted to paint a line with <2 points.")
        names = [curve.GetID() for curve in curves]
        if names != self._fitted[0]:
            axes = [np.concatenate(columns[axis::2]) for axis in (0, 1)] if columns else []
            self._fitted = names, [(float(axis.min()), float(axis.max())) for axis in axes if len(axis)]

    def draw(self) -> None:
        """Draw the chart as it is; white where there is none."""
        width, height = max(self.width, _SMALLEST), max(self.height, _SMALLEST)
        pixels = np.ascontiguousarray(_drawn(self.chart, self.ranges, width, height))
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
        self.setPixmap(QPixmap.fromImage(image.copy()))

    def close_view(self) -> None:
        """Give the view's node back."""
        if self._node.GetScene() is not None:
            self._node.GetScene().RemoveNode(self._node)


def _drawn(node: Any, ranges: list[tuple[float, float]], width: int, height: int) -> np.ndarray:
    """(height, width, 3) bytes."""
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(width, height)
    view = vtk.vtkContextView()
    view.SetRenderWindow(window)
    view.GetRenderer().SetBackground(1.0, 1.0, 1.0)
    chart = vtk.vtkChartXY()
    view.GetScene().AddItem(chart)
    if node is not None:
        chart.SetTitle(node.GetTitle())
        chart.SetShowLegend(node.GetLegendVisibility())
        chart.GetAxis(vtk.vtkAxis.BOTTOM).SetTitle(node.GetXAxisTitle())
        chart.GetAxis(vtk.vtkAxis.LEFT).SetTitle(node.GetYAxisTitle())
        for index in range(node.GetNumberOfPlotSeriesNodes()):
            _add_series(chart, node.GetNthPlotSeriesNode(index))
    for place, (start, end) in zip((vtk.vtkAxis.BOTTOM, vtk.vtkAxis.LEFT), ranges, strict=False):
        chart.GetAxis(place).SetBehavior(vtk.vtkAxis.FIXED)
        chart.GetAxis(place).SetUnscaledRange(start, end)
    view.Render()
    drawn = pixels_of(window)
    window.Finalize()
    return drawn


def _add_series(chart: Any, series: Any) -> None:
    table = series.GetTableNode().GetTable()
    if not table.GetNumberOfRows():
        return
    line = chart.AddPlot(vtk.vtkChart.LINE)
    line.SetInputData(table, series.GetXColumnName(), series.GetYColumnName())
    line.SetLabel(series.GetName())
    line.SetColorF(*series.GetColor())
    line.SetWidth(series.GetLineWidth())
    line.SetMarkerStyle(
        vtk.vtkPlotPoints.CIRCLE if series.GetMarkerStyle() == series.MarkerStyleCircle else vtk.vtkPlotPoints.NONE
    )
