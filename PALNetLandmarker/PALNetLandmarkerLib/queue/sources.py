"""Where the scans of a queue come from: the models of the scene, or the scan files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
import vtk
from palnet.errors import OutputError, ScanError
from palnet.pipeline.prediction import Prediction
from slicer.i18n import tr as _

from ..engine.landmarking import fill
from ..nodes.scan_nodes import Progress, landmarks_of, progress_of
from ..nodes.scan_size import size_of, unit_of
from ..nodes.scene import surface_of
from ..nodes.surface_nodes import is_surface
from .folder_scans import FolderScans


class SceneScans:
    """The models of a scene, by their node IDs; their landmarks are saved with the scene."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene

    @property
    def keys(self) -> list[str]:
        """All scans in order. A key stays the same as long as the scan is there."""
        # Slicer's slice planes are models too, but hidden; and a surface that was made of a scan is none.
        models = slicer.util.getNodesByClass("vtkMRMLModelNode")
        return [m.GetID() for m in models if not m.GetHideFromEditors() and not is_surface(m)]

    @property
    def present(self) -> list[str]:
        """Those that are in the scene."""
        return self.keys

    def name(self, key: str) -> str:
        """What the person knows the scan by."""
        return str(self._scene.GetNodeByID(key).GetName())

    def nodes(self, key: str) -> tuple[Any, Any]:
        """What of a scan is in the scene: its model and its landmarks, or None for either."""
        model = self._scene.GetNodeByID(key)
        return model, landmarks_of(model)

    def stamp(self, key: str) -> tuple[Any, ...]:
        """Something that changes when the scan's surface does, when it is moved, or when it is said to be larger."""
        model = self._scene.GetNodeByID(key)
        mesh = model.GetPolyData() if model else None
        if mesh is None or mesh.GetPoints() is None:
            return ()
        transform = model.GetParentTransformNode()
        return mesh.GetPoints().GetMTime(), transform.GetTransformToWorldMTime() if transform else 0, size_of(model)

    def scan(self, key: str) -> vtk.vtkPolyData:
        """What the background process is given.

        :raises ScanError: the scan holds no surface
        """
        return surface_of(self._scene.GetNodeByID(key))

    def unit(self, key: str) -> str:
        """In which unit that is, or what else is known of the scan's size."""
        return unit_of(self._scene.GetNodeByID(key))

    def progress(self, key: str) -> Progress | None:
        """How far the review is; None where there are no landmarks yet.

        :raises ReviewError: the record of the review is damaged
        """
        landmarks = self.nodes(key)[1]
        return progress_of(landmarks) if landmarks else None

    def open(self, key: str) -> tuple[Any, Any]:
        """Have a scan in the scene: its model, and its landmarks or None.

        :raises PalnetError: it cannot be read; nothing was added to the scene
        """
        model, landmarks = self.nodes(key)
        if model is None:
            raise ScanError("This scan is no longer in the scene.")
        return model, landmarks

    def fill(self, model: Any, prediction: Prediction) -> Any:
        """A new fiducial node with the landmarks that were predicted of :meth:`scan`.

        :raises PalnetError: they do not fit the model any more
        """
        return fill(model, prediction, size=size_of(model)).node

    def save(self, key: str) -> None:
        """Nothing to do: Slicer saves the scene."""

    def look_again(self, key: str | None = None) -> None:
        """What is told of files may have changed, of one scan or all: nothing here comes from one."""

    def keep_elsewhere(self, key: str, folder: Path) -> Path:
        """Write landmarks that cannot be saved where they belong to another folder, under a name that is free.

        :returns: the file
        :raises PalnetError: that is not possible, either
        """
        raise OutputError(_("The landmarks of {name} belong to the scene.").format(name=self.name(key)))

    def release(self, key: str) -> None:
        """Nothing to do: the scan was there before the queue."""


Scans = SceneScans | FolderScans
