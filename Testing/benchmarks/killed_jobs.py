"""What writes files, each over what an earlier run with other inputs left: for killed.py, refused.py and soak.py."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

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


def small_scans(work: Path, number: int) -> None:
    from batches import scans

    scans(work / "scans", a=str(number), b="1", c="bad")


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


def surfaces(work: Path, number: int) -> None:
    """Landmarks and surfaces as of palnet landmark --surface."""
    from palnet.exports.sets import LandmarkSet
    from palnet.exports.writers import write_sets
    from palnet.surfaces.files import Corresponding, write_corresponding
    from palnet.surfaces.template import face_template

    template = face_template()
    for k, name in enumerate(("a", "b", "c", "d")):
        points = template.surface.points * [1.0, 1.0, 1 + 0.01 * (k + number)]
        landmarks = dict(zip(template.labels, template.landmarks_on(points), strict=True))
        none, markups = np.zeros(len(points), bool), work / "results" / f"{name}.mrk.json"
        write_corresponding(Corresponding(points, none, np.ones(len(points)), "mm", landmarks), markups)
        write_sets([LandmarkSet(name, template.labels, template.landmarks_on(points), "mm")], "mrk", work / "results")
    (work / "groups.csv").write_text("scan,group\na,x\nb,x\nc,y\nd,y\n")
    (work / "chosen.txt").write_text("--curves 3" if not number else "--patches 5")


def surface(output: Path) -> int:
    """``palnet surface`` with groups; its pictures are none, which would take most of the time."""
    from palnet.reports import heat_map

    heat_map.five_sides = lambda *_arguments: b""
    work = output.parent
    line = ("surface", work / "results", "--groups", work / "groups.csv", "--scan", "a")
    return command(*line, "--output", output)


def points(work: Path, number: int) -> None:
    """Two observers' landmarks of two faces, as tables."""
    from palnet.pipeline.model import Model

    model, rng = Model.find("face50"), np.random.default_rng(number)
    for observer in ("points", "others"):
        rows = ["scan,label,x,y,z"]
        for name in "AB":
            for label, place in zip(model.protocol.labels, model.mean_shape, strict=True):
                x, y, z = place + rng.normal(0, 1, 3)
                rows.append(f"{name},{label},{x:.4f},{y:.4f},{z:.4f}")
        (work / f"{observer}.csv").write_text("\n".join(rows) + "\n")


def compare(output: Path) -> int:
    return command("compare", output.parent / "points.csv", output.parent / "others.csv", "--output", output)


def measure(output: Path) -> int:
    return command("measure", output.parent / "points.csv", "--output", output)


def annotated(work: Path, number: int) -> None:
    """A scan with landmarks, and what a model that was left without it said of it."""
    from palnet.pipeline.model import Model
    from palnet.resources import resource

    sample = resource("samples/sample_face.ply")
    (work / "annotated").mkdir(exist_ok=True)
    shutil.copy(sample, work / "annotated" / "s.ply")
    model = Model.find("face50")
    rows = [
        f"{label},{x + number},{y},{z}"
        for label, (x, y, z) in zip(model.protocol.labels, model.mean_shape, strict=True)
    ]
    (work / "annotated" / "s.csv").write_text("label,x,y,z\n" + "\n".join(rows) + "\n")


def evaluate(output: Path) -> int:
    return command("evaluate", "--model", "face50", "--scans", output.parent / "annotated", "--output", output)


def reviewed(work: Path, number: int) -> None:
    """Scans that a person reviewed, and has ways of their own."""
    from adapting import marked_by, predicted
    from palnet.exports.predicted import write_predicted
    from palnet.review.record import Review, State, record_beside

    (work / "reviewed").mkdir(exist_ok=True)
    for k in range(4):
        prediction = predicted(k)
        count = len(prediction.protocol)
        shift = np.random.default_rng(k).normal(0, 0.2, (count, 3))
        shift[3] += [0.0, -5.0 - number, 0.0]
        review = Review.begin(f"s{k}", prediction).decide([*range(count)], State.ACCEPTED)
        review = review.decide([3], State.CORRECTED, marked_by(prediction, shift).points[[3]])
        path = work / "reviewed" / f"s{k}.mrk.json"
        write_predicted(replace(prediction, points=review.points), path, path.stem)
        record_beside(path).write_text(review.to_json(), encoding="utf-8")


def adapt(output: Path) -> int:
    return command("adapt", output.parent / "reviewed", "--output", output / "mine.json")


def faces(work: Path, number: int) -> None:
    """The sample scan, a volume of it, and a convention."""
    from adapting import face_model
    from palnet.adapt.convention import Convention, LandmarkShift
    from palnet.adapt.file import write_convention
    from palnet.resources import resource
    from palnet.scans.file import read_surface
    from palnet.scans.nrrd import write_nrrd
    from palnet.scans.surface import Surface, surface_from_polydata
    from shapes import WRITERS, polydata
    from volumes import volume_of_face

    found = surface_from_polydata(read_surface(resource("samples/sample_face.ply")))
    face = Surface(found.points + [0.0, 0.0, float(number)], found.triangles)
    (work / "faces").mkdir(exist_ok=True)
    WRITERS["binary.ply"](polydata(face), work / "faces" / "face.ply")
    voxels, matrix = volume_of_face(face, 3.0)
    write_nrrd(work / "faces" / "head.nrrd", voxels, matrix, "LPS")
    shifts = tuple(LandmarkShift(one, one == "Gn", 5, 5, (0.0, -4.0, 0.0)) for one in face_model().protocol.labels)
    own = Convention("face50", "face50", face_model().checksum, 5, "2026-11-29", shifts)
    write_convention(own, work / "mine.json")


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


def things(work: Path, _number: int) -> None:
    """Annotated scans of things of nine subjects, and a configuration of few steps."""
    from things import CONFIG, write_things

    write_things(work / "things")
    (work / "config.json").write_text(json.dumps(asdict(CONFIG)))


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
