"""The curves of a training in Slicer's plot view: the loss of each step, and the error on validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from vtk.util.numpy_support import numpy_to_vtk

from ..palette import GREY, REVIEWED, Color
from .layout import persons_layout

_MOST_POINTS = 80
"""So many the curve of the loss has at most; each is the mean of some steps."""

_MARGIN = 1.05
"""So much further than their curves the axes reach."""

_NAME = "PAL-Net training"


@dataclass
class Curves:
    """What a training has told so far.

    :ivar losses: the loss of each step that was watched, by its number
    :ivar errors: mm, of each validation, by its step
    """

    losses: dict[int, float] = field(default_factory=dict)
    errors: dict[int, float] = field(default_factory=dict)

    def told(self, line: dict[str, Any]) -> bool:
        """Take a line of the training; returns whether it belongs to a curve."""
        entry = line.get("validated")
        if entry is not None:
            self.errors[int(entry["step"])] = float(entry["error_mm"])
            # Of the steps before a pause only the log tells.
            self.losses.setdefault(int(entry["step"]), float(entry["loss"]))
        elif "loss" in line:
            self.losses[int(line["step"])] = float(line["loss"])
        return entry is not None or "loss" in line

    @property
    def smooth_losses(self) -> list[tuple[float, float]]:
        """The losses by step, so many steps together that the curve can be read."""
        if not self.losses:
            return []
        parts = np.array_split(np.array(sorted(self.losses.items()), float), min(len(self.losses), _MOST_POINTS))
        return [(float(part[:, 0].mean()), float(part[:, 1].mean())) for part in parts]


class TrainingPlot:
    """Keeps the nodes of the curves, which are neither saved nor listed, and shows them in one plot view."""

    def __init__(self) -> None:
        self._nodes: dict[str, Any] = {}
        self._manager: Any = None
        self._persons = 0
        self._last: tuple[Curves, str] | None = None
        self._bounds = np.zeros((2, 2))

    def show(self, curves: Curves, title: str) -> None:
        """Draw the curves as they are."""
        self._last = curves, title
        chart = self._chart(title)
        errors, losses = sorted(curves.errors.items()), curves.smooth_losses
        self._fill("error", errors)
        self._fill("loss", losses)
        self._set_ranges(np.array([*errors, *losses], float))
        chart.SetTitle(title)
        chart.Modified()
        if self._manager is not None:
            self._attach()

    def enter(self) -> None:
        """Show the plot instead of the views; more calls do nothing, so that a person can choose another layout."""
        manager = slicer.app.layoutManager()
        if manager is None or self._manager is not None or self._last is None:
            return
        self._manager, self._persons = manager, persons_layout(manager, self._persons)
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpPlotView)
        self.show(*self._last)  # the chart may have gone with a scene that was closed

    def _attach(self) -> None:
        """Have the plot view show our chart; after a scene was closed that is another node."""
        widget = self._manager.plotWidget(0)
        chart = self._nodes["chart"]
        if widget is not None and widget.mrmlPlotViewNode().GetPlotChartNodeID() != chart.GetID():
            widget.mrmlPlotViewNode().SetPlotChartNodeID(chart.GetID())

    def leave(self) -> None:
        """The person's own layout comes back, unless they have chosen another meanwhile."""
        manager, self._manager = self._manager, None
        if manager is None or manager is not slicer.app.layoutManager():
            return
        if manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpPlotView:
            manager.setLayout(self._persons)

    def clear(self) -> None:
        """Take the nodes out of the scene."""
        self.leave()
        for node in self._nodes.values():
            if node.GetScene() is not None:
                node.GetScene().RemoveNode(node)
        self._nodes, self._last = {}, None

    def _chart(self, title: str) -> Any:
        """The chart; made anew where a scene was closed meanwhile."""
        chart = self._nodes.get("chart")
        if chart is not None and chart.GetScene() is not None:
            return chart
        self._nodes = {}
        self._bounds = np.zeros((2, 2))
        chart = self._add("vtkMRMLPlotChartNode", "chart", title)
        chart.SetXAxisTitle(_("Step"))
        chart.SetYAxisTitle(_("Error on validation in mm; loss without a unit"))
        chart.SetLegendVisibility(True)
        series: Sequence[tuple[str, str, Color]] = (
            ("error", _("Error on validation, mm"), REVIEWED),
            ("loss", _("Loss in training"), GREY),
        )
        for key, name, color in series:
            table = self._add("vtkMRMLTableNode", f"{key} table", f"{_NAME}: {name}")
            one = self._add("vtkMRMLPlotSeriesNode", f"{key} series", name)
            one.SetAndObserveTableNodeID(table.GetID())
            one.SetXColumnName("step")
            one.SetYColumnName(key)
            one.SetPlotType(one.PlotTypeScatter)
            one.SetMarkerStyle(one.MarkerStyleCircle if key == "error" else one.MarkerStyleNone)
            one.SetColor(*color)
            one.SetLineWidth(3.0 if key == "error" else 1.5)
        return chart

    def _add(self, kind: str, key: str, name: str) -> Any:
        node = slicer.mrmlScene.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetName(name)
        node.SetHideFromEditors(True)
        node.SetSaveWithScene(False)
        self._nodes[key] = slicer.mrmlScene.AddNode(node)
        return self._nodes[key]

    def _fill(self, key: str, rows: Sequence[tuple[float, float]]) -> None:
        """Fill the table of a curve; a curve without points is not in the chart."""
        chart, series = self._nodes["chart"], self._nodes[f"{key} series"]
        shown = chart.HasPlotSeriesNodeID(series.GetID())
        if not rows:
            if shown:
                chart.RemovePlotSeriesNodeID(series.GetID())
            return
        table = vtk.vtkTable()
        # Of a line through a single point VTK complains at each drawing.
        points = np.array(rows if len(rows) > 1 else [*rows, *rows], float)
        for column, part in zip(("step", key), points.T, strict=True):
            array = numpy_to_vtk(np.ascontiguousarray(part), deep=True)
            array.SetName(column)
            table.AddColumn(array)
        self._nodes[f"{key} table"].SetAndObserveTable(table)
        if not shown:
            chart.AddAndObservePlotSeriesNodeID(series.GetID())

    def _set_ranges(self, points: np.ndarray) -> None:
        """Have the axes reach as far as the curves: Slicer fits them to the first points only, and leaves them so.

        Where a person has zoomed in, they stay.

        :param points: (N, 2) all that are drawn, step and value
        """
        chart, (least, most) = self._nodes["chart"], self._bounds
        starts, ends = zip(chart.GetXAxisRange(), chart.GetYAxisRange(), strict=True)
        has_zoomed = not chart.GetXAxisRangeAuto() and (any(starts > least) or any(ends < most))
        if len(points):
            self._bounds = np.array([points.min(axis=0), points.max(axis=0)])
        if has_zoomed or not len(points):
            return
        right, top = (_MARGIN * self._bounds[1]).tolist()
        for automatic, ranged, end in (
            (chart.SetXAxisRangeAuto, chart.SetXAxisRange, right),
            (chart.SetYAxisRangeAuto, chart.SetYAxisRange, top),
        ):
            automatic(False)
            ranged(0.0, end)
