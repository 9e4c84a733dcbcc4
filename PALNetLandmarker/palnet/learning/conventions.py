"""Conventions from folders: what a person's reviewed scans say, and what they would do alone, without a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..adapt.convention import FEWEST_SCANS, Convention
from ..adapt.file import checksum, read_convention, write_convention
from ..adapt.gather import Gathered, gather
from ..adapt.learn import learn
from ..adapt.marked import MarkedScan
from ..adapt.predictor import AdaptedPredictor
from ..errors import Cancelled, PalnetError
from ..pipeline.prediction import Progress
from ..pipeline.predictor import Predictor
from ..scans.file import read_surface
from ..training.annotated import AnnotatedScans

_GATHERING = 0.7
"""Share of the time that looking at the scans takes."""


def from_folder(folder: Path, model: str, output: Path, progress: Progress) -> tuple[Convention, Gathered]:
    """Learn a convention from a folder, and write it.

    :param model: name of a bundled model, or path of a file
    :param progress: told the share done and the step; may raise ``Cancelled``
    :raises PalnetError: there is too little to learn from, or it cannot be read or written
    """
    predictor = Predictor.load(model)
    found = gather(folder, predictor, progress=lambda share, step: progress(_GATHERING * share, step))
    convention = learn(
        found.scans, predictor.model, lambda share, step: progress(_GATHERING + (1 - _GATHERING) * share, step)
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    write_convention(convention, output)
    return convention, found


def alone(
    predictor: Predictor, scans: AnnotatedScans, path: Path, told: Callable[[int, int], None]
) -> tuple[AdaptedPredictor, str] | None:
    """What a model does that follows the conventions of some scans, and its checksum; None where it finds none.

    :param scans: to learn from
    :param path: where the convention is kept, so that it is learned once
    :param told: called with the number of scans looked at, and how many there are; may raise ``Cancelled``
    """
    if not path.exists():
        convention = _of_scans(predictor, scans, told)
        if convention is None:
            return None
        write_convention(convention, path)
    convention = read_convention(path)
    return AdaptedPredictor(predictor, convention), checksum(convention)


def _of_scans(predictor: Predictor, scans: AnnotatedScans, told: Callable[[int, int], None]) -> Convention | None:
    marked: list[MarkedScan] = []
    for number, scan in enumerate(scans.scans):
        told(number, len(scans.scans))
        if number == FEWEST_SCANS and not marked:
            return None  # the model knows nothing of such things
        try:
            said = predictor.predict_surface(read_surface(scan.path), scans.unit)
            marked.append(MarkedScan(said, scans.labels, scan.points, scan.surface()))
        except Cancelled:
            raise
        except PalnetError:
            continue
    try:
        return learn(marked, predictor.model)
    except PalnetError:
        return None
