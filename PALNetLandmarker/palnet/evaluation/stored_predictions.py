"""A folder with one JSON file for each scan: what was predicted of it, or why nothing was."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import PalnetError, ProtocolError
from ..files import regular, write_json
from ..pipeline.prediction import Prediction
from .results import Case, ScanResult, measured, refused

ENDING = ".prediction.json"


def write_prediction(folder: Path, scan: str, said: Prediction | str) -> Path:
    """Write what was said of a scan.

    :param scan: its name, which the file gets
    :param said: the prediction, or the sentence with which the scan was refused
    :raises OutputError: it cannot be written
    """
    path = folder / f"{scan}{ENDING}"
    write_json({"refused": said} if isinstance(said, str) else said.to_json(), path)
    return path


def read_prediction(folder: Path, scan: str) -> Prediction | str:
    """What was said of a scan, see :func:`write_prediction`.

    :raises PalnetError: there is no such file, or it is damaged
    """
    path = folder / f"{scan}{ENDING}"
    try:
        data = json.loads(regular(path).read_text(encoding="utf-8"))
        return str(data["refused"]) if "refused" in data else Prediction.from_json(data)
    except FileNotFoundError:
        raise PalnetError(f"There is no prediction {path}: run the prediction again.") from None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, ProtocolError) as error:
        raise PalnetError(f"{path} cannot be read as a prediction: run the prediction again.") from error


def evaluate_stored(folder: Path, case: Case) -> ScanResult:
    """A stored prediction beside the truth.

    :raises PalnetError: there is none, or it is damaged: that is no fault of the method, and must not count as one
    """
    said = read_prediction(folder, case.name)
    return refused(case, said) if isinstance(said, str) else measured(case, said)
