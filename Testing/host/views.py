"""The views of Slicer's window and its layouts: 3D views, and slices, which are real where a test looks at them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import slicer
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from .plot_view import PlotWidget
from .slice_view import SliceView
from .start import Host
from .three_d import ThreeDWidget

BAR = 30
FOUR_UP, ONE_UP_3D, ONE_SLICE, ONE_PLOT = 3, 4, 6, 39
PLOT = "Plot"
# Which views a layout shows, and where: left, top, width and height in shares of the window.
_Places = dict[str, tuple[float, float, float, float]]
_OWN: dict[int, _Places] = {
    FOUR_UP: {
        "Red": (0, 0, 0.5, 0.5),
        "1": (0.5, 0, 0.5, 0.5),
        "Green": (0, 0.5, 0.5, 0.5),
        "Yellow": (0.5, 0.5, 0.5, 0.5),
    },
    ONE_UP_3D: {"1": (0, 0, 1, 1)},
    ONE_SLICE: {"Red": (0, 0, 1, 1)},
    ONE_PLOT: {PLOT: (0, 0, 1, 1)},
}
_BAR_COLORS = {
    "1": "#8a94d8",
    "2": "#8a94d8",
    "Red": "#f2624a",
    "Green": "#7cb452",
    "Yellow": "#e8d05a",
    PLOT: "#4a9ac4",
}


class LayoutManager:
    """``slicer.app.layoutManager()``: four views at the start, as Slicer has it, or another layout that is known."""

    tableViewCount = 0

    def __init__(self, views: Views) -> None:
        self._views = views

    @property
    def threeDViewCount(self) -> int:
        """As in Slicer, views that were made once count, whether they are shown or not."""
        return len(self._views.three_ds)

    @property
    def layout(self) -> int:
        none = slicer.vtkMRMLLayoutNode.SlicerLayoutNone
        return none if self._views.layout_is_reset else self._views.layout_id

    def setLayout(self, layout: int) -> None:
        self._views.arrange(layout)

    def layoutLogic(self) -> Any:
        return SimpleNamespace(GetLayoutNode=lambda: self._views.layout_node)

    def threeDWidget(self, index: int) -> ThreeDWidget | None:
        views = self._views.three_ds[::-1]  # as in Slicer, the view that was made last is the first
        return views[index] if index < len(views) else None

    @property
    def plotViewCount(self) -> int:
        return int(self._views.plot is not None)

    def plotWidget(self, index: int) -> PlotWidget | None:
        """As in Slicer, there is none before a layout has shown one."""
        return self._views.plot if index == 0 else None

    def sliceWidget(self, _name: str) -> Any:
        """A slice shows nothing here."""
        return SimpleNamespace(sliceView=lambda: SimpleNamespace(forceRender=lambda: None))

    def activeMRMLThreeDViewNode(self) -> Any:
        return self._views.three_d.view.node

    def sliceViewNames(self) -> list[str]:
        return [name for name in self._views.shown if name in ("Red", "Green", "Yellow")]

    def resetThreeDViews(self) -> None:
        for view in self._views.three_ds:
            view.resetFocalPoint()


class Views(QWidget):
    """The views of a layout, each below its bar; slices hold nothing, for there is no volume, and are black.

    :ivar layout_id: which layout it is, :ivar layout_node: ``vtkMRMLLayoutNode``, which knows those that were added
    :ivar layout_is_reset: whether a scene is being closed: as in Slicer, there is none then, though one is seen
    :ivar three_d: the first ``ThreeDWidget``, :ivar three_ds: all that were shown once, by their order
    :ivar shown: the names of the views that the layout shows, :ivar plot: the plot view, once one was shown
    """

    def __init__(self, host: Host, width: int, height: int, smooth: bool) -> None:
        super().__init__()
        self.setFixedSize(width, height)
        self._host, self._smooth = host, smooth
        self._bars = {name: _colored(QWidget(self), color) for name, color in _BAR_COLORS.items()}
        self._blacks = {name: _colored(QWidget(self), "black") for name in ("Red", "Green", "Yellow")}
        self._slices: dict[str, SliceView] = {}
        self.plot: PlotWidget | None = None
        self.layout_node = slicer.vtkMRMLLayoutNode()
        self.layout_id = 0
        self.layout_is_reset = False
        scene, after = slicer.mrmlScene, -1.0  # as of Slicer's own logic, which hears of it after a module
        self._tags = [
            scene.AddObserver(scene.StartCloseEvent, lambda *_event: self._reset(True), after),
            scene.AddObserver(scene.EndCloseEvent, lambda *_event: self._reset(False), after),
        ]
        self.shown: list[str] = []
        self.three_ds: list[ThreeDWidget] = []
        self._add_three_d("1")
        self.arrange(FOUR_UP)

    @property
    def three_d(self) -> ThreeDWidget:
        return self.three_ds[0]

    def slice(self, name: str) -> SliceView:
        """Slicer's real slice view of a name, as large as it is shown."""
        black = self._blacks[name]
        if name not in self._slices:
            self._slices[name] = SliceView(self._host.core, name, max(black.width, 50), max(black.height, 50))
        return self._slices[name]

    def arrange(self, layout: int) -> None:
        """Show a layout.

        :raises ValueError: Slicer does not know it, and would show nothing
        """
        places = _OWN[layout] if layout in _OWN else self._described(layout)
        self.layout_id, self.shown, self.layout_is_reset = layout, list(places), False
        for name in ("1", "2"):
            if name in places and name not in [view.view.node.GetLayoutName() for view in self.three_ds]:
                self._add_three_d(name)
        if PLOT in places and self.plot is None:
            self.plot = PlotWidget(self)
        views: dict[str, Any] = {**{view.view.node.GetLayoutName(): view for view in self.three_ds}, **self._blacks}
        views |= {PLOT: self.plot} if self.plot is not None else {}
        self._bars[PLOT].setVisible(False)
        for name, view in views.items():
            for widget in (view, self._bars[name]):
                widget.setVisible(name in places)
            if name in places:
                x, y, width, height = (
                    round(share * length)
                    for share, length in zip(places[name], 2 * (self.width, self.height), strict=True)
                )
                self._bars[name].setGeometry(QRect(x, y, width, BAR))
                view.move(x, y + BAR)
                view.resize(width, height - BAR)
        for view in self.three_ds:
            view.view.node.SetMappedInLayout(view.view.node.GetLayoutName() in places)
            view.resize_view()

    def each(self, do: Callable[[ThreeDWidget], None]) -> None:
        """Do something with every 3D view that is shown."""
        for view in self.three_ds:
            if view.view.node.GetLayoutName() in self.shown:
                do(view)

    def draw_plot(self) -> None:
        """Draw the plot, if it is shown."""
        if self.plot is not None and PLOT in self.shown:
            self.plot.draw()

    def close_views(self) -> None:
        """Give the views' nodes and graphics memory back."""
        for tag in self._tags:
            slicer.mrmlScene.RemoveObserver(tag)
        if self.plot is not None:
            self.plot.close_view()
        for view in self.three_ds:
            view.close_view()
        for own in self._slices.values():
            own.close()

    def _reset(self, is_reset: bool) -> None:
        self.layout_is_reset = is_reset

    def _add_three_d(self, name: str) -> None:
        view = ThreeDWidget(self._host, 400, 300, self._smooth, name)
        view.setParent(self)
        self.three_ds.append(view)

    def _described(self, layout: int) -> _Places:
        """Views side by side, by the description that was added to the layout node."""
        if not self.layout_node.IsLayoutDescription(layout):
            raise ValueError(f"There is no layout {layout}")
        root = ElementTree.fromstring(self.layout_node.GetLayoutDescription(layout))
        assert root.tag == "layout" and root.get("type") == "horizontal"
        names = [view.get("singletontag", "") for view in root.iterfind("item/view")]
        sizes = [float(item.get("splitSize", 0)) for item in root.iterfind("item")]
        if not any(sizes):  # as Slicer's splitter does then: the view that comes later gets what is left
            sizes = [3.0] + [1.0] * (len(names) - 1)
        starts = [sum(sizes[:number]) / sum(sizes) for number in range(len(names) + 1)]
        places = zip(names, starts, starts[1:], strict=False)
        return {name: (start, 0, end - start, 1) for name, start, end in places}


def _colored(widget: QWidget, color: str) -> QWidget:
    widget.setAutoFillBackground(True)
    widget.setPalette(QPalette(QColor(color)))
    return widget
