"""Write and read Markups files with Slicer's own storage node, with the record of their review beside them."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import OutputError, PersonsWorkError, ReviewError
from palnet.exchange import exchange, recover, unfinished
from palnet.exports.predicted import measured_of
from palnet.exports.sets import LandmarkSet
from palnet.exports.writers import write_sets
from palnet.files import clean_up, whole_file
from palnet.formats.slicer import NO_VALUE, completed
from palnet.review.persons_work import SeenLandmarks
from palnet.review.record import Review, record_beside
from palnet.rigid import apply

from . import own_points, record
from .fiducials import create_fiducials, style_fiducials
from .named_points import in_one_line, indices_of, node_points, unique_names
from .scan_nodes import file_from_scene, scan_of
from .scene import SCAN_REFERENCE, file_of, flip, world

MARKUPS_SUFFIX = ".mrk.json"

# Landmarks as they were last read or written here, by their files.
_seen: dict[Path, SeenLandmarks] = {}


def see(node: Any) -> None:
    """A node that Slicer has read from a file is reviewed from now on: what comes to the file later is another's."""
    path = file_of(node)
    if path is not None and path.name.endswith(MARKUPS_SUFFIX):
        _seen.setdefault(path.absolute(), SeenLandmarks.of(path, record_beside(path)))


def write_markups_node(node: Any, path: Path) -> None:
    """Write a markups node as ``.mrk.json``, in LPS.

    :param node: ``vtkMRMLMarkupsNode``
    :param path: ends in ``.mrk.json``; its folder exists
    :raises OutputError: it cannot be written there; nothing was
    """
    try:
        # Slicer's storage node wants the ending.
        with whole_file(path, MARKUPS_SUFFIX) as beside:
            _write_node(node, beside)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"The landmarks cannot be written to {path}: {reason}.") from error


def _write_node(node: Any, beside: Path, review: Review | None = None) -> None:
    """:param review: of the landmarks in it, where there are some

    :raises OSError: it cannot be written there
    """
    # Ask the system first: it says why in words, the storage node only that it failed.
    beside.touch(exist_ok=False)
    storage = slicer.vtkMRMLMarkupsJsonStorageNode()
    storage.SetFileName(str(beside))
    storage.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemLPS)
    if not storage.WriteData(node):
        raise OSError("Slicer's storage node refused")
    text = _whole_text(beside, node.GetNumberOfControlPoints())
    if review is not None and not own_points.is_as_named(node, review):
        text = _with_own_points(text, node, review)
    beside.write_text(completed(text, _unit(node)), encoding="utf-8", newline="\n")


def _whole_text(written: Path, count: int) -> str:
    """What the storage node wrote; a full disk cuts it short, and the storage node takes that for a success.

    :raises OSError: it is not whole
    """
    try:
        text = written.read_text(encoding="utf-8")
        whole = len(json.loads(text)["markups"][0]["controlPoints"]) == count
    except (ValueError, KeyError, IndexError, TypeError):
        whole = False
    if not whole:
        raise OSError("the file was cut short, as on a full disk")
    return text


def _with_own_points(text: str, node: Any, review: Review) -> str:
    """What the storage node wrote of a node with points of the person's own, as others can read it.

    Each name stands there once, and what is said of each landmark at its place in the list.
    """
    data = json.loads(text)
    markups, at = data["markups"][0], indices_of(node, review)
    for point, name in zip(markups["controlPoints"], unique_names(node, at), strict=True):
        point["label"] = name
    values = {name: numbers for name, _about, numbers in measured_of(review.prediction)}
    for measured in markups.get("measurements", []):
        if measured.get("name") in values:
            said = dict(zip(at, values[measured["name"]].tolist(), strict=True))
            count = len(markups["controlPoints"])
            measured["controlPointValues"] = [said.get(index, NO_VALUE) for index in range(count)]
    return json.dumps(data, indent=4, ensure_ascii=False) + "\n"


def _unit(node: Any) -> str:
    text = node.GetAttribute(record.ATTRIBUTE)
    return Review.from_json(text).unit if text else "mm"


def write_reviewed(node: Any, path: Path, as_shown: bool = False, asked: bool = True) -> list[Path]:
    """Write landmarks as ``NAME.mrk.json``, and what was predicted and decided of them as ``NAME.review.json``.

    :param node: ``vtkMRMLMarkupsFiducialNode`` with a review
    :param path: ends in ``.mrk.json``; its folder exists
    :param as_shown: in the frame of the scene, with the node's transforms applied; else in that of the scan's file
    :param asked: a person wants what is there replaced, as far as it is not another than was read or written here
    :returns: the two files
    :raises ReviewError: the node holds no landmarks of a model
    :raises OutputError: a file cannot be written there, or another's work is there
    """
    _write_both(*_as_written(node, as_shown), path, asked)
    return [path, record_beside(path)]


def write_elsewhere(node: Any, folder: Path, name: str) -> Path:
    """Write landmarks and record to a folder, which is made where there is none, under a name that is free.

    :raises OSError: the folder cannot be made
    :raises PalnetError: as :func:`write_reviewed`
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbered = (f"{name} {number}" for number in itertools.count(2))
    free = next(n for n in itertools.chain([name], numbered) if not (folder / f"{n}{MARKUPS_SUFFIX}").exists())
    return write_reviewed(node, folder / f"{free}{MARKUPS_SUFFIX}", asked=False)[0]


def write_in_format(node: Any, path: Path, to: str, as_shown: bool = False) -> list[Path]:
    """Write landmarks in LPS: in Slicer's own format as :func:`write_reviewed`, in others without the record.

    :param node: ``vtkMRMLMarkupsFiducialNode`` with a review
    :param path: its folder exists
    :param to: one of ``palnet.exports.writers.FORMATS``; ``mrk`` is Slicer's own
    :param as_shown: as for :func:`write_reviewed`
    :returns: the landmarks' file, and what was written beside it
    :raises ReviewError: the node holds no landmarks of a model
    :raises LandmarkFileError: a landmark is missing, and the format has no missing ones
    :raises OutputError: a file cannot be written there
    """
    node, review = _as_written(node, as_shown)
    if not as_shown:
        node, review = _as_in_file(node, review)
    if to == "mrk":
        _write_both(node, review, path, True)
        return [path, record_beside(path)]
    name = in_one_line(review.scan) or in_one_line(node.GetName()) or path.stem
    one = LandmarkSet(name, *own_points.as_they_are(node, review), review.unit)
    return write_sets([one], to, path).files


def _as_written(node: Any, as_shown: bool) -> tuple[Any, Review]:
    """A node with its points as they are written, and its review.

    :raises ReviewError: the node holds no landmarks of a model
    """
    review = own_points.known(node)
    # A node in which landmarks were removed or renamed is left as it is.
    if own_points.is_whole(node, review):
        record.store(node, review)  # what was moved since no one reviews
    if not as_shown or node.GetParentTransformNode() is None:
        return node, review
    # A node without a scene: nothing of it is seen, and the scene is not touched.
    return _moved(node, review, lambda place: flip(world(node, place)))


def _as_in_file(node: Any, review: Review) -> tuple[Any, Review]:
    """The same in the coordinates of the scan's file, where the model node is not: loaded as RAS, or scaled."""
    to_file = file_from_scene(scan_of(node))
    if (to_file == np.eye(4)).all():
        return node, review
    return _moved(node, review, lambda place: apply(to_file, place[None])[0])


def _moved(node: Any, review: Review, move: Callable[[np.ndarray], np.ndarray]) -> tuple[Any, Review]:
    """A copy of a node with all its points elsewhere, and its record.

    :param move: (3,) to (3,), LPS of the node's file
    """
    # A node without a scene: nothing of it is seen, and the scene is not touched.
    moved = slicer.vtkMRMLMarkupsFiducialNode()
    moved.CopyContent(node)
    for index, place in enumerate(node_points(node)):
        if np.isfinite(place).all():
            moved.SetNthControlPointPosition(index, vtk.vtkVector3d(*flip(move(place))))
    places = [move(place) if np.isfinite(place).all() else place for place in review.points]
    review = record.move_record(review, np.array(places).reshape(-1, 3))
    record.store(moved, review)
    return moved, review


def tell_saved(node: Any, path: Path) -> None:
    """Let Slicer know that a file holds a node as it is now: else it asks about unsaved data when it is closed.

    A storage node knows the time of its own writing only; so what it writes here is thrown away. Where there is no room
    for that, Slicer asks.
    """
    if node.GetStorageNode() is None:
        node.AddDefaultStorageNode()
    storage = node.GetStorageNode()
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        storage.SetFileName(str(Path(folder) / path.name))
        storage.WriteData(node)
    storage.SetFileName(str(path))


def _write_both(node: Any, review: Review, path: Path, mine: bool) -> None:
    """Write landmarks and record, or neither, unless another than was seen here is there.

    :param mine: what was not seen here may be replaced: a person was asked
    """
    clean_up(path.parent)
    beside = record_beside(path)
    seen = _seen.get(path.absolute(), None if mine else SeenLandmarks())
    try:
        if beside.is_dir():
            raise OutputError(f"The record of the review cannot be written: {beside} is a folder.")
        with unfinished(path, MARKUPS_SUFFIX) as markups, unfinished(beside) as record_file:
            record_file.write_text(review.to_json() + "\n", encoding="utf-8")
            _write_node(node, markups, review)
            written = SeenLandmarks.of(markups, record_file)
            exchange(
                [(markups, path), (record_file, beside)],
                lambda held: seen.check(held / path.name, review, mine) if seen else None,
            )
    except PersonsWorkError as error:
        raise PersonsWorkError(
            f"{path} holds other landmarks by now, perhaps from another Slicer: to keep both, save yours under "
            "another name with Save, or move that file away; or delete yours in the scene."
        ) from error
    except OSError as error:
        raise OutputError(f"The landmarks cannot be written to {path}: {error.strerror or error}.") from error
    _seen[path.absolute()] = written


def read_reviewed(scene: Any, path: Path, model: Any = None) -> Any:
    """Landmarks from ``NAME.mrk.json``, with their review from ``NAME.review.json`` if that is there.

    :param model: ``vtkMRMLModelNode`` of the scan that they are of, if that is known
    :returns: a new ``vtkMRMLMarkupsFiducialNode`` in ``scene``
    :raises ReviewError: the file cannot be read, holds no landmarks of a model, or its record is damaged
    """
    name = path.name.removesuffix(MARKUPS_SUFFIX)
    node = create_fiducials(scene, name)
    storage = slicer.vtkMRMLMarkupsJsonStorageNode()
    storage.SetFileName(str(path))
    recover(path.parent)
    try:
        # Before it is read: what comes in between is another's.
        seen = SeenLandmarks.of(path, record_beside(path))
        if not path.is_file() or not storage.ReadData(node):
            raise ReviewError(f"The landmarks in {path.name} cannot be read: place them anew.")
        style_fiducials(node)
        node.SetNodeReferenceID(SCAN_REFERENCE, model.GetID() if model else None)
        review = own_points.known(node, path)
        record.store(node, review)
        # Who has added points wants to go on with that.
        node.SetFixedNumberOfControlPoints(own_points.is_as_named(node, review))
        _seen[path.absolute()] = seen
    except (ReviewError, OSError) as error:
        scene.RemoveNode(node.GetDisplayNode())
        scene.RemoveNode(node)
        if isinstance(error, OSError):
            raise ReviewError(f"The landmarks in {path} cannot be read: {error.strerror or error}.") from error
        raise
    return node
