"""What writes files, each over what an earlier run with other inputs left: for killed.py, refused.py and soak.py."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from killed_inputs import annotated, faces, points, reviewed, small_scans, surfaces, things

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("PALNetLandmarker", "Testing", "Testing/palnet", "Testing/extension", "Testing/benchmarks")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]


@dataclass(frozen=True)
class Job:
    """Something that writes files.

    :ivar run: does it, given the folder of its results; returns its exit code, or None
    :ivar prepare: makes its inputs in a folder, given a number that they depend on
    :ivar groups: the parts of the results that belong together, by a file's path; all by default
    :ivar few: whether it takes so long, or writes so many files, that only the first and the last of each kind count
    :ivar starts_empty: over no earlier results
    """

    run: Callable[[Path], int | None]
    prepare: Callable[[Path, int], None]
    groups: Callable[[str], str] = lambda _path: ""
    few: bool = False
    starts_empty: bool = False


class Host:
    """What the shell's commands ask of Slicer's side."""

    def write_markups(self, prediction: Any, path: Path, name: str) -> None:
        from palnet.exports.predicted import write_predicted

        write_predicted(prediction, path, name)

    def render_sheet(self, prediction: Any, scan_path: Path, png_path: Path) -> None:
        from palnet.files import whole_file

        with whole_file(png_path) as beside:
            beside.write_bytes(repr(prediction.points[0]).encode())


def command(*line: object) -> int:
    """A command of the shell."""
    from palnet.commands import cli

    return cli.main([str(word) for word in line], Host())


def tiny_engine() -> None:
    """From now on, batches of this process take what a scan's file says for its landmarks."""
    from batches import Engine, model
    from palnet.batch import run
    from palnet.pipeline.model import Model

    run.run_here = lambda tasks, jobs, stop: Engine()(tasks, stop)
    Model.find = staticmethod(lambda _name: model())  # type: ignore[method-assign]


def folder_of_scans(output: Path) -> int:
    """``palnet landmark FOLDER``: three scans, of which one has changed since."""
    tiny_engine()
    return command("landmark", output.parent / "scans", "--output", output)


def single_scans(output: Path, scans: Sequence[Path]) -> int:
    """``palnet landmark SCAN ...``, by what the scans' files say."""
    from batches import fake_landmark
    from palnet.batch.task import Task
    from palnet.errors import ScanError
    from palnet.pipeline.prediction import Prediction
    from palnet.pipeline.predictor import Predictor

    class Machine:
        def predict_file(self, path: Path, *_more: object) -> Prediction:
            outcome = fake_landmark(Task(str(path), "tiny", ""))
            if outcome.prediction is None:
                raise ScanError(outcome.error)
            return Prediction.from_json(outcome.prediction)

    Predictor.load = staticmethod(lambda _name: Machine())  # type: ignore[method-assign,assignment]
    return command("landmark", *scans, "--output", output)


def one_scan(output: Path) -> None:
    """Landmarks of one scan, with a record of an earlier batch beside them."""
    from batches import prediction
    from palnet.batch.single import is_kept, write_landmarks
    from palnet.exports.predicted import write_predicted
    from palnet.files import check_writable

    if not (output / "a.mrk.json").exists():
        folder_of_scans(output)
        for name in ("b.mrk.json", "b.review.json", "points.csv", "measurements.csv", "quality.csv"):
            (output / name).unlink()
        shutil.rmtree(output / "batch")
        (output / "contact_sheet.html").unlink()
    check_writable(output)
    if is_kept(output / "a.mrk.json"):
        raise SystemExit("a prediction is taken for a person's work")
    scan = output.parent / "scans" / "a.ply"
    write_landmarks(prediction(float(scan.read_text())), scan, output / "a.mrk.json", write_predicted)


def convert(output: Path) -> int:
    """``palnet convert`` to every format, over what is there."""
    from palnet.exports.writers import FORMATS

    code = 0
    for to, form in FORMATS.items():
        target = output / to / f"study{form.ending}" if form.together else output / to
        code = max(code, command("convert", output.parent / "points.csv", "--to", to, "--output", target))
    return code


def semilandmarks(output: Path) -> int:
    """``palnet convert`` with semilandmarks to TPS and Markups: as many points, but others slide."""
    code, source = 0, output.parent / "results"
    chosen = (output.parent / "chosen.txt").read_text().split()
    for to, target in (("tps", output / "tps" / "all.tps"), ("mrk", output / "mrk")):
        code = max(code, command("convert", source, "--to", to, "--output", target, *chosen))
    return code


def surface(output: Path) -> int:
    """``palnet surface`` with groups; its pictures are none, which would take most of the time."""
    from palnet.reports import heat_map

    heat_map.five_sides = lambda *_arguments: b""
    work = output.parent
    line = ("surface", work / "results", "--groups", work / "groups.csv", "--scan", "a")
    return command(*line, "--output", output)


def compare(output: Path) -> int:
    return command("compare", output.parent / "points.csv", output.parent / "others.csv", "--output", output)


def measure(output: Path) -> int:
    return command("measure", output.parent / "points.csv", "--output", output)


def evaluate(output: Path) -> int:
    return command("evaluate", "--model", "face50", "--scans", output.parent / "annotated", "--output", output)


def adapt(output: Path) -> int:
    return command("adapt", output.parent / "reviewed", "--output", output / "mine.json")


def landmark(output: Path) -> int:
    """``palnet landmark`` of a scan and a volume, with all that it can write."""
    work = output.parent
    options = ["--surface", "--skin", "--picture", "--convention", work / "mine.json", "--json", output / "all.json"]
    return command("landmark", work / "faces" / "face.ply", work / "faces" / "head.nrrd", "--output", output, *options)


def review(output: Path) -> None:
    """Saving a review in the module."""
    from host.start import start

    start()
    import slicer
    from batches import prediction
    from palnet.review.record import State
    from PALNetLandmarkerLib.nodes import fiducials, record, storage

    node = fiducials.create_fiducials(slicer.mrmlScene, "a")
    found = prediction(float((output.parent / "scans" / "a.ply").read_text()))
    fiducials.fill_fiducials(node, found)
    record.begin(node, found, "a")
    record.store(node, record.load(node).decide([0, 1], State.ACCEPTED))
    storage.write_reviewed(node, output / "a.mrk.json")


def train(output: Path) -> int:
    """``palnet train`` on annotated scans of things, with a network that learns nothing in its few steps."""
    work = output.parent
    line = ["train", work / "config.json", "--scans", work / "things", "--work", output / "work"]
    return command(*line, "--output", output / "a.palnet")


def crossvalidate(output: Path) -> int:
    """``palnet crossvalidate`` in two folds."""
    work = output.parent
    line = ["crossvalidate", work / "config.json", "--scans", work / "things", "--folds", 2, "--work", output / "work"]
    return command(*line, "--output", output / "found")


def _by_scan(path: str) -> str:
    """The landmarks of a scan and what lies beside them; the tables; what is noted of each scan by itself."""
    name = Path(path).name
    if path.startswith("batch/") or name.endswith(".landmarks.png"):
        return f"may be missing: {path}"
    return "tables" if name.endswith((".csv", ".html")) else name.partition(".")[0]


def _folder(path: str) -> str:
    return path.partition("/")[0]


JOBS = {
    "one_scan": Job(one_scan, small_scans),
    "folder_of_scans": Job(folder_of_scans, small_scans, _by_scan),
    "landmark": Job(landmark, faces, _by_scan, few=True),
    "review": Job(review, small_scans),
    "convert": Job(convert, points, _folder),
    "semilandmarks": Job(semilandmarks, surfaces, _folder),
    "compare": Job(compare, points),
    "measure": Job(measure, points),
    "evaluate": Job(evaluate, annotated, few=True),
    "surface": Job(surface, surfaces),
    "adapt": Job(adapt, reviewed),
    "train": Job(train, things, few=True, starts_empty=True),
    "crossvalidate": Job(crossvalidate, things, few=True, starts_empty=True),
}
