"""One case of a comparison in the 3D view: the scan, both observers' points on it, and the landmark that differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.agreement.alike import scan_beside
from palnet.agreement.comparison import Comparison
from palnet.errors import PalnetError
from palnet.protocols.measurement_definition import simple

from ..nodes.fiducials import style_fiducials
from ..nodes.hidden_nodes import add_hidden
from ..nodes.scan_nodes import landmarks_of, load_scan, remove_node
from ..nodes.scene import file_of, flip, world
from ..nodes.shown_alone import show
from ..palette import FIRST, SECOND, Color
from ..view.measured_lines import MeasuredLine
from ..view.viewpoint import aim, camera_of_first_view

_CLOSE_UP_MM, _POINT_MM = 34.0, 3.0
_DISTANCES = 2.5
"""So many differences fit between the middle of the picture and its edge."""


class CompareView:
    """Shows cases in a scene, one at a time. What it adds is neither listed nor saved, but for the scans."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._points: list[Any] = []
        self._line: MeasuredLine | None = None
        self._loaded: Any = None
        self._before: dict[Any, bool] = {}

    def show(self, one: Comparison, landmarks: Path, scan: int, landmark: int) -> str:
        """Show a landmark of a scan, from where it is judged.

        :param landmarks: the first observer's file or folder, beside which the scan is looked for
        :param scan: index into ``one.scans``, :param landmark: index into the landmarks of ``one.protocol``
        :returns: a sentence where the scan itself cannot be shown; empty otherwise
        """
        self.clear()
        name = one.scans[scan]
        model, problem = self._model(scan_beside(landmarks, name), name)
        transform = model.GetTransformNodeID() if model is not None else None
        self._show_alone(model)
        both, unit_per_mm = one.in_file(scan), 1.0 / (one.mm_per_unit[scan] if one.mm_per_unit else 1.0)
        for title, points, colour in zip(one.titles, both, (FIRST, SECOND), strict=True):
            self._points.append(self._fiducials(f"{name}, {title}", one, points, colour, transform, unit_per_mm))
        places = np.array([points[landmark] for points in both])
        label = one.protocol.labels[landmark]
        if np.isfinite(places).all():
            self._line = MeasuredLine(self._scene, simple("distance", (label,)), unit_per_mm)
            self._line.draw(flip(places), f"{label}: {one.distances[scan, landmark]:.1f} mm", transform)
        self._look(one, scan, landmark, np.nanmean(places, axis=0))
        return problem

    @property
    def shown(self) -> bool:
        """Whether a case is shown."""
        return bool(self._points)

    def clear(self) -> None:
        """Take the points and the line out of the scene; the scan goes when another one is shown."""
        for node in self._points:
            if self._scene.IsNodePresent(node):
                remove_node(self._scene, node)
        if self._line is not None:
            self._line.remove()
        self._points, self._line = [], None

    def leave(self) -> None:
        """Take the case out of the view, and have the scene as it was before the first one."""
        self.clear()
        for node in self._faces() if self._before else []:
            if node in self._before or node is self._loaded:
                show(node, self._before.get(node, False))
        self._before = {}

    def _model(self, path: Path | None, name: str) -> tuple[Any, str]:
        """The scan's node, loaded if it is not in the scene, or why there is none."""
        if path is None:
            return None, f"There is no scan {name} beside the landmarks: only the points are shown."
        found = next(
            (m for m in slicer.util.getNodesByClass("vtkMRMLModelNode") if file_of(m) == path.absolute()), None
        )
        if found is not None:
            return found, ""
        try:
            model = load_scan(path)
        except PalnetError as error:
            return None, f"{error} Only the points are shown."
        # One scan after the other: the ones before would fill the scene. What a person works on stays.
        before, self._loaded = self._loaded, model
        if before is not None and self._scene.IsNodePresent(before) and landmarks_of(before) is None:
            remove_node(self._scene, before)
        return model, ""

    def _show_alone(self, model: Any) -> None:
        """Faces lie over each other: what else is on one is hidden."""
        if not self._before:
            self._before = {
                node: bool(node.GetDisplayVisibility()) for node in self._faces() if node is not self._loaded
            }
        for node in self._faces():
            show(node, node is model)

    def _faces(self) -> list[Any]:
        """The models and fiducial nodes that a person sees in lists, and what they show."""
        kinds = ("vtkMRMLModelNode", "vtkMRMLMarkupsFiducialNode")
        nodes = [node for kind in kinds for node in slicer.util.getNodesByClass(kind)]
        return [node for node in nodes if not node.GetHideFromEditors() and node.GetDisplayNode() is not None]

    def _fiducials(
        self, name: str, one: Comparison, points: np.ndarray, colour: Color, transform: str | None, unit_per_mm: float
    ) -> Any:
        node = add_hidden(self._scene, slicer.vtkMRMLMarkupsFiducialNode(), name)
        for label, place in zip(one.protocol.labels, flip(points), strict=True):
            if np.isfinite(place).all():
                node.AddControlPoint(vtk.vtkVector3d(*place), label)
        node.SetLocked(True)
        node.SetAndObserveTransformNodeID(transform)
        style_fiducials(node)
        display = node.GetDisplayNode()
        with slicer.util.NodeModify(display):
            for put in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
                put(*colour)
            display.SetGlyphSize(_POINT_MM * unit_per_mm)
            display.SetPointLabelsVisibility(False)
            display.SetOccludedVisibility(True)  # a point may be off because it lies below the surface
        return node

    def _look(self, one: Comparison, scan: int, landmark: int, place: np.ndarray) -> None:
        """From where the landmark is judged; of what no one knows from where, from outside."""
        camera = camera_of_first_view(self._scene)
        if camera is None:
            return
        to_mean = one.motions[scan][:3, :3]
        anatomical = one.axes[0] == "left"
        view = np.array(one.protocol.landmarks[landmark].view) if anatomical else one.mean_shape[landmark]
        if anatomical and one.protocol.landmarks[landmark].side == "midline":
            view = view + [0.0, 0.0, 0.5]  # a pure profile shows the surface from its edge
        up = np.array([0.0, 1.0, 0.0]) if abs(view[1]) < 0.9 * np.linalg.norm(view) else np.array([0.0, 0.0, 1.0])
        moved = self._points[0]  # as the scan is
        focus = world(moved, place)
        towards_viewer, upwards = (world(moved, place + to_mean.T @ vector) - focus for vector in (view, up))
        unit = one.mm_per_unit[scan] if one.mm_per_unit else 1.0
        distance = float(np.nan_to_num(one.distances[scan, landmark]))
        aim(camera, focus, towards_viewer, upwards, max(_CLOSE_UP_MM, _DISTANCES * distance) / unit)
