"""The scan files of a folder as scans of a queue: loaded one at a time, their landmarks written beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
import vtk
from palnet.batch.files import Item, find_scans, is_scan, result_names
from palnet.errors import OutputError, PalnetError, ReviewError, ScanError
from palnet.exchange import recover
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.prediction import Progress as Progressing
from palnet.results import PARTS
from palnet.review.record import Review, record_beside
from palnet.scans.file import is_volume

from ..engine.landmarking import fill
from ..engine.skins import skin_of_file
from ..nodes import storage
from ..nodes.found_record import ATTRIBUTE
from ..nodes.named_points import OwnPoint
from ..nodes.scan_nodes import Progress, is_as_read, landmarks_of, load_scan, progress_of, release, remove_node, restore
from ..nodes.scan_size import size_of
from ..nodes.scene import TABLE_REFERENCE, file_of, is_folder
from ..nodes.surface_nodes import surface_of_scan

RESULTS = "landmarks"
"""The folder beside the scans of a folder where their landmarks go."""


class FolderScans:
    """The scan files of a folder, by their paths; the landmarks of ``face.ply`` are ``landmarks/face.mrk.json`` in it.

    Folders in it count as far as a batch landmarked them: ``landmarks/day/face.mrk.json`` is of ``day/face.ply``.

    The methods say what those of :class:`SceneScans` do.

    :param progress: called while the skin of a volume is found; may raise ``Cancelled``
    :raises ScanError: it cannot be read
    """

    def __init__(self, scene: Any, folder: Path, progress: Progressing | None = None) -> None:
        self._scene = scene
        self._progress = progress
        try:
            found = [p for p in folder.absolute().iterdir() if is_scan(p)]
            files = [path for path in found if path.is_file()]
        except OSError as error:
            raise ScanError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error
        files.sort(key=lambda path: (path.name.casefold(), path.name))
        self._results = {
            str(path): path.parent / RESULTS / (name + storage.MARKUPS_SUFFIX)
            for path, name in zip(files, result_names([path.name for path in files]), strict=True)
        }
        self._folder = folder.absolute()
        self._results |= {str(i.scan): i.markups(self._folder / RESULTS) for i in _of_batch(self._folder)}
        self._loaded: dict[str, Any] = {}
        self._written: dict[str, Any] = {}
        self._told: dict[str, Progress | str | None] = {key: self._read_progress(key) for key in self._results}

    @property
    def keys(self) -> list[str]:
        return list(self._results)

    @property
    def present(self) -> list[str]:
        return list(self._models())

    def name(self, key: str) -> str:
        return Path(key).relative_to(self._folder).as_posix()

    def nodes(self, key: str) -> tuple[Any, Any]:
        model = self._models().get(key)
        return model, landmarks_of(model)

    def stamp(self, key: str) -> tuple[Any, ...]:
        try:
            facts = Path(key).stat()
        except OSError:
            return ()
        return facts.st_mtime_ns, facts.st_size, self.unit(key)

    def scan(self, key: str) -> Path:
        return Path(key)

    def unit(self, key: str) -> str:
        return size_of(self.nodes(key)[0])

    def progress(self, key: str) -> Progress | None:
        landmarks = self.nodes(key)[1]
        told = progress_of(landmarks) if landmarks else self._told[key]
        if isinstance(told, str):
            raise ReviewError(told)
        return told

    def open(self, key: str) -> tuple[Any, Any]:
        model, landmarks = self.nodes(key)
        is_new = model is None
        if is_new:
            path = Path(key)
            model = load_scan(path, skin_of_file(path, self._progress) if is_volume(path) else None)
            # Whoever saves the scene gives it another file.
            self._loaded[key] = vtk.vtkWeakReference()
            self._loaded[key].Set(model)
        restore(model)
        try:
            if landmarks is None and self._has_results(key):
                landmarks = storage.read_reviewed(self._scene, self._results[key], model)
                landmarks.SetName(f"{model.GetName()} landmarks")
                storage.tell_saved(landmarks, self._results[key])
                self._written[key] = _digest(landmarks)
        except (PalnetError, OSError):
            if is_new:
                remove_node(self._scene, model)
            raise
        return model, landmarks

    def fill(self, model: Any, prediction: Prediction) -> Any:
        _check_unchanged(model)
        return fill(model, prediction, of_file=True).node

    def save(self, key: str) -> None:
        """Write a scan's landmarks if they are in the scene and changed.

        :raises PalnetError: they cannot be written, or would not fit the scan's file, or replace another person's
        """
        model, landmarks = self.nodes(key)
        _check_unchanged(model)
        if landmarks is None or _digest(landmarks) == self._written.get(key):
            return
        path = self._results[key]
        try:
            # Never the folder itself: where it was renamed, or its drive is gone, that would be another one.
            check_there(self._folder)
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The landmarks cannot be written to {path}: {error.strerror or error}.") from error
        storage.write_reviewed(landmarks, path, asked=False)
        storage.tell_saved(landmarks, path)
        self._written[key] = _digest(landmarks)
        self._told[key] = self._read_progress(key)

    def look_again(self, key: str | None = None) -> None:
        for one in self._results if key is None else (key,):
            self._told[one] = self._read_progress(one)

    def keep_elsewhere(self, key: str, folder: Path) -> Path:
        landmarks, name = self.nodes(key)[1], self._results[key].name.removesuffix(storage.MARKUPS_SUFFIX)
        if landmarks is None:
            raise ReviewError("There are no landmarks of this scan.")
        return storage.write_elsewhere(landmarks, folder, name)

    def release(self, key: str) -> None:
        """Take a scan that was saved out of the scene again, with the table of its measurements and its surface."""
        model, landmarks = self.nodes(key)
        table = landmarks.GetNodeReference(TABLE_REFERENCE) if landmarks is not None else None
        surface = surface_of_scan(model)
        release(model, landmarks, surface)
        for node in (surface, model, landmarks, table):
            if node is not None:
                remove_node(self._scene, node)

    def _models(self) -> dict[str, Any]:
        """The model nodes of those that are in the scene, whoever loaded them."""
        loaded = {key: reference.Get() for key, reference in self._loaded.items()}
        models = {key: model for key, model in loaded.items() if model and self._scene.IsNodePresent(model)}
        for model in slicer.util.getNodesByClass("vtkMRMLModelNode"):
            path = str(file_of(model))
            if path in self._results:
                models.setdefault(path, model)
        return models

    def _has_results(self, key: str) -> bool:
        """Whether there is a file with a scan's landmarks.

        :raises ReviewError: the folder does not let itself be looked into
        """
        try:
            if not self._results[key].is_file():
                recover(self._results[key].parent)
            return self._results[key].is_file()
        except OSError as error:
            raise ReviewError(f"{self._results[key]} cannot be read: {error.strerror or error}.") from error

    def _read_progress(self, key: str) -> Progress | str | None:
        """What the files say of a scan's landmarks; a sentence if they are damaged."""
        beside = record_beside(self._results[key])
        try:
            if not self._has_results(key):
                return None
            return Progress.of(Review.read(beside)) if beside.is_file() else Progress(0, 0)
        except ReviewError as error:
            return str(error)
        except OSError as error:
            return f"{beside} cannot be read: {error.strerror or error}."


def _of_batch(folder: Path) -> list[Item]:
    """The scans in folders of a folder that a batch has landmarked, or tried to."""
    results = folder / RESULTS
    try:
        items = find_scans([folder], recursive=True) if (results / PARTS).is_dir() else []
        return [item for item in items if "/" in item.name and item.record(results).is_file()]
    except (PalnetError, OSError):
        return []


def check_there(folder: Path) -> None:
    """:raises OSError: a folder is not there any more"""
    if not is_folder(folder):
        raise OSError(f"the folder {folder} is not there; it may have been renamed, or its drive is gone")


def _digest(landmarks: Any) -> tuple[Any, ...]:
    """What changes when something is to be written."""
    points = [OwnPoint.of(landmarks, index) for index in range(landmarks.GetNumberOfControlPoints())]
    return landmarks.GetAttribute(ATTRIBUTE), *points


def _check_unchanged(model: Any) -> None:
    """:raises OutputError: a model's points are not those of its file any more"""
    if not is_as_read(model):
        raise OutputError(
            f"The scan '{model.GetName()}' was changed in Slicer, so landmarks on it do not fit its file: "
            "save both with File > Save Data."
        )
