"""Where the scans of a queue come from: the models of the scene, or the scan files of a folder."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import slicer
import vtk
from palnet.batch_files import PARTS, Item, find_scans, result_names
from palnet.errors import OutputError, PalnetError, ReviewError, ScanError
from palnet.prediction import Prediction
from palnet.review import Review, record_beside
from palnet.scan_file import READERS, read_surface

from . import record, storage
from .landmarking import fill
from .palette import SKIN
from .record import ATTRIBUTE, node_points
from .scene import SCAN_REFERENCE, surface_of

RESULTS = "landmarks"
"""The folder beside the scans of a folder where their landmarks go."""


class Progress(NamedTuple):
    """How many of a scan's landmarks a person has decided on; both are 0 where there is no record of it."""

    reviewed: int
    total: int


class SceneScans:
    """The models of a scene, by their node IDs; their landmarks are saved with the scene."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene

    @property
    def keys(self) -> list[str]:
        """All scans in order. A key stays the same as long as the scan is there."""
        # Slicer's slice planes are models too, but hidden.
        return [m.GetID() for m in slicer.util.getNodesByClass("vtkMRMLModelNode") if not m.GetHideFromEditors()]

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
        """Something that changes when the scan's surface does, or when it is moved."""
        model = self._scene.GetNodeByID(key)
        mesh = model.GetPolyData() if model else None
        if mesh is None or mesh.GetPoints() is None:
            return ()
        transform = model.GetParentTransformNode()
        return mesh.GetPoints().GetMTime(), transform.GetTransformToWorldMTime() if transform else 0

    def scan(self, key: str) -> vtk.vtkPolyData:
        """What the background process is given.

        :raises ScanError: the scan holds no surface
        """
        return surface_of(self._scene.GetNodeByID(key))

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
        return fill(model, prediction).node

    def save(self, key: str) -> None:
        """Nothing to do: Slicer saves the scene."""

    def release(self, key: str) -> None:
        """Nothing to do: the scan was there before the queue."""


class FolderScans:
    """The scan files of a folder, by their paths; the landmarks of ``face.ply`` are ``landmarks/face.mrk.json`` in it.

    Folders in it count as far as a batch landmarked them: ``landmarks/day/face.mrk.json`` is of ``day/face.ply``.

    The methods say what those of :class:`SceneScans` do.

    :raises ScanError: it cannot be read
    """

    def __init__(self, scene: Any, folder: Path) -> None:
        self._scene = scene
        try:
            found = [p for p in folder.absolute().iterdir() if p.suffix.lower() in READERS and p.name[0] != "."]
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
        self._stamps: dict[str, Any] = {}
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
        return facts.st_mtime_ns, facts.st_size

    def scan(self, key: str) -> Path:
        return Path(key)

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
            model = load_scan(Path(key))
            # Whoever saves the scene gives it another file.
            self._loaded[key] = vtk.vtkWeakReference()
            self._loaded[key].Set(model)
        try:
            if landmarks is None and self._has_results(key):
                landmarks = storage.read_reviewed(self._scene, self._results[key])
                self._stamps[key] = _stamp(self._results[key])
                landmarks.SetName(f"{model.GetName()} landmarks")
                landmarks.SetNodeReferenceID(SCAN_REFERENCE, model.GetID())
                self._written[key] = _digest(landmarks)
        except PalnetError:
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
        self._check_newest(key, landmarks)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The landmarks cannot be written to {path}: {error.strerror or error}.") from error
        storage.write_reviewed(landmarks, path)
        self._written[key], self._stamps[key] = _digest(landmarks), _stamp(path)
        self._told[key] = self._read_progress(key)

    def release(self, key: str) -> None:
        """Take a scan that was saved out of the scene again."""
        for node in self.nodes(key):
            if node is not None:
                remove_node(self._scene, node)

    def _models(self) -> dict[str, Any]:
        """The model nodes of those that are in the scene, whoever loaded them."""
        loaded = {key: reference.Get() for key, reference in self._loaded.items()}
        models = {key: model for key, model in loaded.items() if model and self._scene.IsNodePresent(model)}
        for model in slicer.util.getNodesByClass("vtkMRMLModelNode"):
            stored = model.GetStorageNode()
            path = str(Path(stored.GetFullNameFromFileName() or "")) if stored else ""
            if path in self._results:
                models.setdefault(path, model)
        return models

    def _has_results(self, key: str) -> bool:
        """Whether there is a file with a scan's landmarks.

        :raises ReviewError: the folder does not let itself be looked into
        """
        try:
            return self._results[key].is_file()
        except OSError as error:
            raise ReviewError(f"{self._results[key]} cannot be read: {error.strerror or error}.") from error

    def _check_newest(self, key: str, landmarks: Any) -> None:
        """:raises OutputError: someone decided on landmarks in the file, which would be lost"""
        path, ours = self._results[key], record.load(landmarks)
        stamp = _stamp(path)
        if stamp is None or stamp == self._stamps.get(key):
            return
        try:
            theirs = Review.read(record_beside(path)).times
            others = len(theirs) != len(ours.times) or any(t > o for t, o in zip(theirs, ours.times, strict=True))
        except ReviewError:
            others = True
        if others:
            raise OutputError(
                f"{path} holds other landmarks by now, perhaps from another Slicer: move that file away to save yours, "
                "or delete yours in the scene."
            )

    def _read_progress(self, key: str) -> Progress | str | None:
        """What the files say of a scan's landmarks; a sentence if they are damaged."""
        beside = record_beside(self._results[key])
        try:
            if not self._has_results(key):
                return None
            return _progress(Review.read(beside)) if beside.is_file() else Progress(0, 0)
        except ReviewError as error:
            return str(error)


Scans = SceneScans | FolderScans


def _of_batch(folder: Path) -> list[Item]:
    """The scans in folders of a folder that a batch has landmarked, or tried to."""
    results = folder / RESULTS
    try:
        items = find_scans([folder], recursive=True) if (results / PARTS).is_dir() else []
    except PalnetError:
        return []
    return [item for item in items if "/" in item.name and item.record(results).is_file()]


def landmarks_of(model: Any) -> Any:
    """The newest fiducial node with landmarks of a model node; None where there is none."""
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if model else []
    of_model = [node for node in nodes if node.GetNodeReferenceID(SCAN_REFERENCE) == model.GetID()]
    return next((node for node in reversed(of_model) if node.GetNumberOfControlPoints()), None)


def scan_of(landmarks: Any) -> Any:
    """The model node that a fiducial node holds landmarks of; None where that is not known."""
    return landmarks.GetNodeReference(SCAN_REFERENCE) if landmarks else None


def progress_of(landmarks: Any) -> Progress:
    """How far the review of a fiducial node is.

    :raises ReviewError: its record is damaged
    """
    text = landmarks.GetAttribute(ATTRIBUTE)
    return _progress_in(text) if text else Progress(0, 0)


@functools.lru_cache(maxsize=256)
def _progress_in(text: str) -> Progress:
    return _progress(Review.from_json(text))


def _progress(review: Review) -> Progress:
    return Progress(int(review.reviewed.sum()), len(review.states))


def load_scan(path: Path) -> Any:
    """A scan file as a model node, as Slicer loads it.

    :raises ScanError: it cannot be read, or holds no surface
    """
    read_surface(path)  # says in a sentence what is wrong with a file; on some that are damaged Slicer itself dies
    try:
        model = slicer.util.loadModel(str(path))
    except RuntimeError as error:
        raise ScanError(f"{path.name} cannot be loaded as a model: export the scan again.") from error
    model.SetName(path.stem)  # the scene would number it each time it comes back
    if model.GetDisplayNode() is not None:
        # Slicer gives every model a colour of its own; on some the colours of doubt are not to be told apart.
        model.GetDisplayNode().SetColor(*SKIN)
    return model


def _digest(landmarks: Any) -> tuple[Any, ...]:
    """What changes when something is to be written."""
    return landmarks.GetAttribute(ATTRIBUTE), node_points(landmarks).tobytes()


def _stamp(path: Path) -> Any:
    """What changes when another file takes a file's place; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _check_unchanged(model: Any) -> None:
    """:raises OutputError: a model's points are not those of its file any more"""
    mesh, stored = model.GetPolyData(), model.GetStorageNode()
    if mesh and mesh.GetPoints() and stored and mesh.GetPoints().GetMTime() > stored.GetStoredTime().GetMTime():
        raise OutputError(
            f"The scan '{model.GetName()}' was changed in Slicer, so landmarks on it do not fit its file: "
            "save both with File > Save Data."
        )


def remove_node(scene: Any, node: Any) -> None:
    """Remove a node with its display and storage: the scene alone would keep those."""
    parts = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    for part in [*parts, node.GetStorageNode(), node]:
        if part is not None:
            scene.RemoveNode(part)
