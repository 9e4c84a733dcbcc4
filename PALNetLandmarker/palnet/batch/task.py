"""One scan of a batch: all that a process, on this machine or another, does with it. It writes nothing."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError, NoFaceError, PalnetError, ScanError, sentence_of
from ..formats.text import TO_LPS
from ..pipeline.prediction import Prediction
from ..scans.file import is_volume
from ..scans.skin_file import as_ply
from .files import checksum

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from ..adapt.predictor import AdaptedPredictor
    from ..pipeline.predictor import Predictor
    from ..scans.mesh import Mesh
    from ..surfaces.files import Corresponding


@dataclass(frozen=True)
class Task:
    """What is to be done.

    :ivar scan: path of the file, :ivar unit: of the scan, or ``"auto"``
    :ivar model: name or path, :ivar model_checksum: the SHA-256 it must have
    :ivar surface: whether the corresponding surface is wanted, too, :ivar skin: whether the skin of a volume is
    :ivar convention: the text of a convention's file that is to be followed; empty for none
    """

    scan: str
    model: str
    model_checksum: str
    unit: str = "auto"
    surface: bool = False
    skin: bool = False
    convention: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    :ivar prediction: in LPS, as JSON data; None where there is none
    :ivar picture: the content of a JPEG file; empty where there is none
    :ivar error: a sentence for the user where there is no prediction
    :ivar checksum: SHA-256 of the scan; empty where another try may have another outcome
    :ivar surface: the corresponding surface; None where it was not asked for, or why not is in ``surface_error``
    :ivar skin: the content of a PLY file; empty where it was not asked for, or the scan is no volume
    """

    seconds: float
    prediction: dict[str, Any] | None = None
    picture: bytes = b""
    error: str = ""
    checksum: str = ""
    surface: Corresponding | None = None
    surface_error: str = ""
    skin: bytes = b""


def landmark(task: Task) -> Outcome:
    """Landmark a scan. Whatever goes wrong is in the outcome."""
    started = time.perf_counter()
    path = Path(task.scan)
    try:
        predictor = _predictor(task.model, task.model_checksum, task.convention)
        started = time.perf_counter()  # the first scan does not count the model
        found, picture, mesh, read = _predict(predictor, path, task.unit)
        skin = as_ply(read) if task.skin and is_volume(path) else b""
        surface, problem = _surface(found, mesh) if task.surface else (None, "")
        found = turned(found) if found.space == "RAS" else found
    except (ScanError, NoFaceError) as error:
        return Outcome(time.perf_counter() - started, error=str(error), checksum=checksum(path))
    except PalnetError as error:
        return Outcome(time.perf_counter() - started, error=str(error))
    except Exception as error:  # one scan must not cost the run
        said = sentence_of(error, f"{path.name} could not be landmarked")
        return Outcome(time.perf_counter() - started, error=said)
    seconds = time.perf_counter() - started
    return Outcome(seconds, found.to_json(), picture, "", checksum(path), surface, problem, skin)


@functools.lru_cache(maxsize=1)
def _predictor(model: str, model_checksum: str, convention: str) -> Predictor | AdaptedPredictor:
    """The predictor, kept from scan to scan; a model file that is written anew has another checksum."""
    from ..pipeline.predictor import Predictor

    predictor = Predictor.load(model)
    if predictor.model.checksum != model_checksum:
        raise ModelError(f"The model {model} is another one where the scan was to be landmarked: install the same.")
    if not convention:
        return predictor
    from ..adapt.file import from_text
    from ..adapt.predictor import AdaptedPredictor

    return AdaptedPredictor(predictor, from_text(convention))


def _predict(
    predictor: Predictor | AdaptedPredictor, path: Path, unit: str
) -> tuple[Prediction, bytes, vtkPolyData, Mesh]:
    """The prediction in the frame of the file, the picture, and the scan as a surface and as it was read."""
    from ..reports.thumbnail import draw_thumbnail  # with VTK's writers of images
    from ..scans.file import read_mesh, scan_space, surface_in, surface_unit
    from ..scans.looks import looks_of
    from ..scans.surface import surface_from_polydata

    started = time.perf_counter()
    read = read_mesh(path)
    mesh = surface_in(read)
    space = scan_space(path, mesh)
    reading = time.perf_counter() - started
    found = predictor.predict_surface(mesh, surface_unit(mesh, unit))
    found = replace(found, space=space, seconds={"reading": reading, **found.seconds})
    picture = draw_thumbnail(surface_from_polydata(mesh), found, looks_of(read, path))
    return found, picture, mesh, read


def _surface(found: Prediction, mesh: vtkPolyData) -> tuple[Corresponding | None, str]:
    """The corresponding surface, or why there is none: it must not cost the landmarks."""
    from ..surfaces.scan import predicted_surface

    try:
        return predicted_surface(found, mesh), ""
    except Exception as error:
        return None, sentence_of(error, "The surface could not be fitted")


def turned(found: Prediction) -> Prediction:
    """A prediction in RAS in LPS, or back; Slicer's files of landmarks are in LPS."""
    frame = found.face_from_scan @ np.diag([*TO_LPS["RAS"], 1.0])
    return replace(
        found,
        points=found.points * TO_LPS["RAS"],
        unshifted=found.unshifted * TO_LPS["RAS"],
        face_from_scan=frame,
        space="LPS" if found.space == "RAS" else "RAS",
    )
