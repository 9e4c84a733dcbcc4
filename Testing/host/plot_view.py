"""Slicer's plot view as a widget: the chart that its node names, drawn by VTK off screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from PALNetLandmarkerLib.view.drawing import pixels_of
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

_SMALLEST = 50


class PlotWidget(QLabel):
    """``slicer.app.layoutManager().plotWidget(0)``."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLPlotViewNode")
        node.UnRegister(None)
        node.SetName("PlotView1")
        node.SetLayoutName("PlotView1")
        self._node = node
        self._add()

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

    def draw(self) -> None:
        """Draw the chart as it is; white where there is none."""
        width, height = max(self.width, _SMALLEST), max(self.height, _SMALLEST)
        pixels = np.ascontiguousarray(_drawn(self.chart, width, height))
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
        self.setPixmap(QPixmap.fromImage(image.copy()))

    def close_view(self) -> None:
        """Give the view's node back."""
        if self._node.GetScene() is not None:
            self._node.GetScene().RemoveNode(self._node)


def _drawn(node: Any, width: int, height: int) -> np.ndarray:
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
