"""What is drawn for the viewer of one 3D view, and again when that is turned: labels, and rings around one landmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import vtk
from slicer.util import VTKObservationMixin

from .labels import Labels, LandmarkLabels
from .overlays import Rings
from .viewpoint import remember_zoom, render_window_of, view_of


@dataclass(frozen=True)
class Marked:
    """What there is to mark.

    :ivar places: (L, 3) RAS of the landmarks; NaN where one has none, :ivar texts: their short labels
    :ivar names: the full ones, by index, of those that have one in any case
    :ivar chosen: index of the chosen landmark, or None
    :ivar error_mm: its expected error; None where a person has decided
    """

    places: np.ndarray
    texts: tuple[str, ...]
    names: dict[int, str]
    chosen: int | None
    error_mm: float | None


class ViewMarks(VTKObservationMixin):
    """The marks of one 3D view.

    :param camera: ``vtkMRMLCameraNode`` of the view, :param unit_per_mm: the scene's units in a millimetre
    :param marked: says what there is to mark; None: nothing can be
    :param is_in_sight: whether nothing of the scan stands between a place (3,) RAS and the viewer of a camera
    :ivar which: the landmarks that have a label
    """

    def __init__(
        self,
        camera: Any,
        unit_per_mm: float,
        marked: Callable[[], Marked | None],
        is_in_sight: Callable[[Any, np.ndarray], bool],
    ) -> None:
        super().__init__()
        self.camera = camera
        self._marked = marked
        self._is_in_sight = is_in_sight
        view = view_of(camera)
        self._labels = LandmarkLabels(camera.GetScene(), unit_per_mm, view)
        self._rings = Rings(camera.GetScene(), unit_per_mm, view)
        self.which = Labels.NEAR
        self.addObserver(camera, vtk.vtkCommand.ModifiedEvent, self._on_turned)
        # A layout's views have their size after it was chosen, and a person makes the window larger: the camera stays.
        window = render_window_of(camera)
        if window is not None:
            self.addObserver(window, vtk.vtkCommand.WindowResizeEvent, self._on_turned)

    def close(self) -> None:
        """Remove what was drawn."""
        self.removeObservers()
        self._labels.close()
        self._rings.close()

    def _on_turned(self, *_event: Any) -> None:
        remember_zoom(self.camera)
        self.draw()

    def draw(self) -> None:
        """Put everything where it belongs, as the view is now."""
        marked = self._marked()
        if marked is None:
            self._labels.hide()
            self._rings.hide()
            return
        self._labels.draw(
            self.camera,
            marked.places,
            marked.texts,
            marked.names,
            self.which,
            lambda place: self._is_in_sight(self.camera, place),
        )
        self._draw_rings(marked)

    def _draw_rings(self, marked: Marked) -> None:
        """They face the viewer, also when the person turns the view."""
        if marked.chosen is None or not np.isfinite(marked.places[marked.chosen]).all():
            self._rings.hide()
            return
        place, camera = marked.places[marked.chosen], self.camera.GetCamera()
        parallel = bool(camera.GetParallelProjection())
        to_viewer = -np.array(camera.GetDirectionOfProjection()) if parallel else np.array(camera.GetPosition()) - place
        self._rings.show(place, to_viewer, marked.error_mm, parallel)
