"""A process beside a window that fits surfaces, makes maps of them, and studies folders.

``python -m palnet.commands.surface_worker`` reads one task a line from its standard input and answers in lines on its
standard output. Every line is a JSON object; ``id`` is whatever the task said::

    {"id": 1, "map": "asymmetry", "one": {...}, "answer": "maps.npz"}
    {"id": 1, "progress": 0.3, "step": "Fitting the surface of face"}
    {"id": 1, "rows": [...], "told": "..."}    or    {"id": 1, "error": "A sentence for the user."}

``map`` is ``surface``, ``asymmetry``, ``mean`` (with ``mean``, a file or folder of surfaces) or ``change`` (with the
scan ``other``, the regions ``stable``, whether the other one is the ``earlier`` and the number of ``repeats``). A scan
is its file with landmarks, ``{"scan", "name", "labels", "points", "unit", "errors"}``; a file with the ``landmarks``
that are to be read, or without any, then they are placed by ``model``; or the file of a ``surface``. Arrays go to the
file ``answer``; where a ``page`` is named, a sheet and its table are written, too.

A task with ``folder`` does what ``palnet surface`` does, into the folder ``output``. The process ends when its input
closes, so it does not outlive the one who started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import PalnetError
from ..lines import answer_each, answers_alone
from ..threads import ONE_THREAD

Send = Callable[[dict[str, Any]], None]

_KEPT = 16
"""Fits that are remembered: of a change, each scan's own and the repeated ones."""


def serve(tasks: Iterable[str | bytes], send: Send) -> None:
    """Answer tasks until there are no more; what goes wrong with one is its answer, and the next is taken.

    :param tasks: lines, as they come
    :param send: is given each line of the answers
    """
    maps = _Maps()

    def answer_of(task: dict[str, Any]) -> dict[str, Any]:
        progress = partial(_tell, send, task["id"])
        return _studied(task, progress) if "folder" in task else maps.made(task, progress)

    answer_each(tasks, answer_of, send, "The surface could not be made")


def _tell(send: Send, identity: Any, share: float, step: str) -> None:
    send({"id": identity, "progress": share, "step": step})


class _Maps:
    """Makes maps, and keeps the fits of the last tasks: most tasks are for the same scans."""

    def __init__(self) -> None:
        self._fits: dict[str, Any] = {}
        self._placed: dict[str, Any] = {}

    def made(self, task: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
        """The answer to a task.

        :raises PalnetError: with a sentence for the user
        """
        import numpy as np

        from ..surfaces.template import face_template
        from . import surface_maps as maps

        progress(0.0, f"Fitting the surface of {_name(task['one'])}")
        one, template, told = self._surface(task["one"]), face_template(), ""
        if task["map"] == "change":
            other = self._surface(task["other"])
            told = self._told(task["other"])
            repeats = [
                (self._surface(task["one"], seed), self._surface(task["other"], seed + 1000))
                for seed in self._seeds(task, progress)
            ]
            made = maps.change(one, other, task["stable"], bool(task["earlier"]), repeats, template)
        elif task["map"] == "mean":
            made = maps.against_mean(one, Path(task["mean"]), template)
        elif task["map"] == "asymmetry":
            made = maps.own_asymmetry(one, template)
        else:
            made = maps.own_surface(one, template)
        arrays: dict[str, Any] = {"points": one.points, "missing": one.missing, "expected": one.expected, **made.values}
        np.savez(task["answer"], **arrays)
        if task.get("page"):
            told = f"{told} {made.write(Path(task['page']))}".strip()
        rows = [_plain(row) for row in made.rows]
        return {"rows": rows, "told": told, "missing": int(one.missing.sum()), "page": task.get("page") or ""}

    def _seeds(self, task: dict[str, Any], progress: Callable[[float, str], None]) -> Iterable[int]:
        """Those of the repeated fits; none where a scan is but the file of its surface."""
        if "surface" in task["one"] or "surface" in task["other"]:
            return
        count = int(task.get("repeats", 0))
        for number in range(count):
            progress(number / count, "Measuring the uncertainty")
            yield number

    def _surface(self, spec: dict[str, Any], seed: int | None = None) -> Any:
        """:raises PalnetError: it cannot be read or fitted"""
        key = json.dumps([spec, seed, [_time(spec.get(what)) for what in ("scan", "landmarks", "surface")]])
        if key not in self._fits:
            while len(self._fits) >= _KEPT:
                del self._fits[next(iter(self._fits))]
            self._fits[key] = self._fitted(spec, seed)
        return self._fits[key]

    def _fitted(self, spec: dict[str, Any], seed: int | None) -> Any:
        from ..exports.surfaces import LandmarkedScan, written_surfaces

        if "surface" in spec:
            return written_surfaces([Path(spec["surface"])])[0]
        scan = Path(spec["scan"])
        if "points" in spec:
            return LandmarkedScan(scan, _set_of(spec), _numbers(spec["errors"])).surface(seed)
        if "landmarks" in spec:
            return _landmarked(scan, Path(spec["landmarks"])).surface(seed)
        return self._predicted(scan, spec["model"]).surface(seed)

    def _predicted(self, scan: Path, model: str) -> Any:
        """A scan with the landmarks that a model places on it."""
        from ..exports.sets import LandmarkSet
        from ..exports.surfaces import LandmarkedScan
        from ..formats.text import TO_LPS
        from ..pipeline.predictor import Predictor

        key = json.dumps([str(scan), model, _time(str(scan))])
        if key not in self._placed:
            found = Predictor.load(model).predict_file(scan)
            places = LandmarkSet(
                scan.name, tuple(found.protocol.labels), found.points * TO_LPS[found.space], found.unit
            )
            self._placed = {key: LandmarkedScan(scan, places, found.expected_error)}
        return self._placed[key]

    def _told(self, spec: dict[str, Any]) -> str:
        """What is to be known of a scan that came as a file."""
        if "surface" in spec or "points" in spec or "landmarks" in spec:
            return ""
        return f"{Path(spec['scan']).name}: landmarks placed just now, not reviewed."


def _landmarked(scan: Path, landmarks: Path) -> Any:
    """A scan with the landmarks of a file; of several sets in it, that of its name.

    :raises PalnetError: the file cannot be read, or holds none of the scan
    """
    from ..exports.pairing import name_key
    from ..exports.sets import read_sets
    from ..exports.surfaces import landmarked_scans
    from ..scans.file import scan_stem

    names = [name_key(one.name) for one in read_sets(landmarks)]
    own = name_key(scan_stem(scan))
    wanted = own if own in names or len(names) != 1 else names[0]
    found = landmarked_scans([landmarks], {wanted: scan}, [])
    if not found:
        raise PalnetError(f"{landmarks.name} holds no landmarks of {scan.name}: choose another file.")
    return found[0]


def _set_of(spec: dict[str, Any]) -> Any:
    from ..exports.sets import LandmarkSet

    return LandmarkSet(spec["name"], tuple(spec["labels"]), _numbers(spec["points"]).reshape(-1, 3), spec["unit"])


def _numbers(values: list[Any]) -> Any:
    """An array of numbers, NaN where there is none."""
    import numpy as np

    return np.array(values, dtype=float)  # numpy takes None for NaN


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row for JSON, which has no NaN."""
    return {name: None if value != value else value for name, value in row.items()}


def _time(path: str | None) -> int:
    """When a file was written; 0 where there is none."""
    try:
        return os.stat(path).st_mtime_ns if path else 0  # noqa: PTH116  (Path.stat makes no difference)
    except OSError:
        return 0


def _name(spec: dict[str, Any]) -> str:
    return str(spec.get("name") or Path(spec.get("scan") or spec["surface"]).name)


def _studied(task: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Means, groups and asymmetry of the surfaces of a folder.

    :raises PalnetError: with a sentence for the user
    """
    from .surface import add_surface, study

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    parser = ArgumentParser()
    add_surface(parser.add_subparsers())
    line = ["surface", task["folder"], "--output", task["output"]]
    for option in ("scans", "groups"):
        line += [f"--{option}", task[option]] if task.get(option) else []
    told, problems = study(parser.parse_args(line), progress)
    return {"told": told, "problems": problems, "page": str(Path(task["output"]) / "surfaces.html")}


_NICENESS = 10
"""Of a study: the person's own work goes first."""


def main() -> None:
    """Run the worker on this process's standard input and output."""
    os.environ.update(ONE_THREAD)  # read when numpy and vtk are first imported
    with contextlib.suppress(OSError):  # no one listens any more
        serve(sys.stdin.buffer, answers_alone())


if __name__ == "__main__":
    main()
