"""kill -9 at every file operation of what writes: nothing half-written is taken as whole, and the work goes on.

    python Testing/benchmarks/killed.py [NAME ...]

Each job runs in a process of its own over results that are there already, and is killed at its first file operation,
then at its second and so on, until it comes to its end. After each, all files there must be as they were before or as
they are afterwards, and a run that no one kills must come to the same end.

A training begins from nothing, and does the same at each validation: it is killed at the first and the last of each
kind of operation. The same command must go on to the same model file and the same log as that of an unbroken run.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("PALNetLandmarker", "Testing", "Testing/palnet", "Testing/extension", "Testing/benchmarks")

# Runs in the process that is killed: N-th operation that changes something below the folder of results.
PRELUDE = """
import os, signal, sys
from pathlib import Path
folder, last = sys.argv[2], int(sys.argv[3])
done, told = 0, open(sys.argv[4], "w") if len(sys.argv) > 4 else None
def watch(event, arguments):
    global done
    if event not in ("open", "os.rename", "os.remove", "os.mkdir"):
        return
    path = arguments[0]
    if not isinstance(path, (str, os.PathLike)) or not str(path).startswith(folder):
        return
    if event == "open" and not (isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
        if not isinstance(arguments[2], int) or not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
    done += 1
    if told:
        names = [Path(name).name for name in arguments[:2] if isinstance(name, (str, os.PathLike))]
        print(event, *names, file=told)
    if done == last:
        os.kill(os.getpid(), signal.SIGKILL)
import killed
job = getattr(killed, sys.argv[1])
folder_ = Path(folder)
sys.addaudithook(watch)
job(folder_)
"""


def folder_of_scans(output: Path) -> int:
    """``palnet landmark FOLDER``: three scans, of which one has changed since."""
    from batches import Engine, model
    from palnet.batch import run
    from palnet.commands import cli
    from palnet.exports.predicted import write_predicted
    from palnet.pipeline.model import Model

    class Host:
        write_markups = staticmethod(write_predicted)

    run.run_here = lambda tasks, jobs, stop: Engine()(tasks, stop)
    Model.find = staticmethod(lambda _name: model())
    return cli.main(["landmark", str(output.parent / "scans"), "--output", str(output)], Host())  # type: ignore[arg-type]


def one_scan(output: Path) -> None:
    """``palnet landmark SCAN``, with a record of an earlier batch beside it."""
    from batches import prediction
    from palnet.batch.single import is_kept, write_landmarks
    from palnet.exports.predicted import write_predicted

    if not (output / "a.mrk.json").exists():
        folder_of_scans(output)
    if is_kept(output / "a.mrk.json"):
        raise SystemExit("a prediction is taken for a person's work")
    scan = output.parent / "scans" / "a.ply"
    write_landmarks(prediction(float(scan.read_text())), scan, output / "a.mrk.json", write_predicted)


def convert(output: Path) -> None:
    """``palnet convert`` to every format, over what is there."""
    from palnet.commands import cli
    from palnet.exports.writers import FORMATS

    source = output.parent / "points.csv"
    for to, form in FORMATS.items():
        target = output / to / f"study{form.ending}" if form.together else output / to
        target.parent.mkdir(parents=True, exist_ok=True)
        cli.main(["convert", str(source), "--to", to, "--output", str(target)], None)  # type: ignore[arg-type]


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
    from palnet.commands import cli

    work = output.parent
    options = ["--scans", str(work / "things"), "--work", str(output / "work"), "--output", str(output / "a.palnet")]
    return cli.main(["train", str(work / "config.json"), *options], None)  # type: ignore[arg-type]


def things(work: Path) -> None:
    """What :func:`train` learns from: annotated scans, and a configuration."""
    from training.test_annotated_training import CONFIG, LABELS, WRITERS, markups, polydata, row, thing

    (work / "things").mkdir(exist_ok=True)
    for number in range(5):
        surface, landmarks = thing(number)
        WRITERS["binary.ply"](polydata(surface), work / "things" / f"T{number}.ply")
        rows = [row(label, list(place)) for label, place in zip(LABELS, landmarks, strict=True)]
        (work / "things" / f"T{number}.mrk.json").write_text(markups(rows))
    (work / "config.json").write_text(json.dumps(asdict(CONFIG)))


JOBS: dict[str, Callable[[Path], object]] = {
    "one_scan": one_scan,
    "folder_of_scans": folder_of_scans,
    "convert": convert,
    "review": review,
    "train": train,
}


def contents(folder: Path, name: str) -> dict[str, str]:
    """What is in all files that a person or a program would take for results, without times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".palnet-") for part in path.relative_to(folder).parts):
            continue
        if name == "one_scan" and not path.name.startswith("a."):
            continue  # of the batch before it
        text = path.read_bytes()
        if path.suffix == ".json":
            json.loads(text)  # whole
        # Times and paths differ from run to run.
        if path.name == "log.jsonl":
            text = re.sub(rb'"(processor_)?seconds": [0-9]+', b"", text)
        timed = path.suffix == ".pt" or path.name == "quality.csv"
        timed = timed or path.name.endswith((".review.json", ".html", ".batch.json"))
        found[path.relative_to(folder).as_posix()] = "" if timed else text.hex()
    return found


def started(name: str, output: Path, last: int, operations: Path | None = None) -> int:
    """Run a job in a process that is killed at one of its operations; its exit code.

    :param operations: gets a line for each of them
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-c", PRELUDE, name, str(output), str(last)]
    command += [str(operations)] if operations else []
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(done.stderr)
    return done.returncode


def prepared(folder: Path, name: str, number: str) -> Path:
    """A folder with inputs; the folder of its results."""
    from batches import scans

    scans(folder / "scans", a=number, b="1", c="bad")
    (folder / "points.csv").write_text(f"scan,label,x,y,z\nA,Prn,{number},2,3\nA,Sn,4,5,6\nB,Prn,7,8,9\nB,Sn,1,1,1\n")
    (folder / "out").mkdir(exist_ok=True)
    if name == "train":
        things(folder)
    return folder / "out"


def main() -> None:
    """Print a row for each job; exit with 1 where something was half-written, or the work did not go on."""
    sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]
    wrong = 0
    print("| what | killed at | files half-written | work that did not go on |\n| --- | --- | --- | --- |")
    for name in sys.argv[1:] or JOBS:
        with tempfile.TemporaryDirectory() as place:
            last, half, stuck = _walk(name, Path(place))
        print(f"| {name} | {last} operations | {half} | {stuck} |", flush=True)
        wrong += half + stuck
    sys.exit(1 if wrong else 0)


def _walk(name: str, place: Path) -> tuple[int, int, int]:
    """Kill a job at its operations; at how many, how often files were half-written, and how often work stuck."""
    work, kept = place / "work", place / "kept"
    output = prepared(work, name, "0")
    if name != "train":
        started(name, output, 0)
    before = contents(output, name)
    prepared(work, name, "2")
    shutil.copytree(work, kept)
    started(name, output, 0, place / "operations.txt")
    after = contents(output, name)
    half, stuck, killed, last = 0, 0, 0, 0
    for last in _kill_points(name, (place / "operations.txt").read_text().splitlines()):
        # At the same place, for it is in the records.
        shutil.rmtree(work)
        shutil.copytree(kept, work)
        if started(name, output, last) == 0:
            break
        killed += 1
        others = [] if name == "train" else _others(output, name, before, after)
        if others:
            half += 1
            print(f"{name}, operation {last}: {others} are neither as before nor as after", file=sys.stderr)
        if started(name, output, 0) != 0 or contents(output, name) != after:
            stuck += 1
            print(f"{name}, operation {last}: the work did not go on", file=sys.stderr)
    return killed, half, stuck


def _others(output: Path, name: str, before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Files that are neither as they were nor as they will be."""
    try:
        now = contents(output, name)
    except ValueError as error:
        return [str(error)]
    return [file for file, text in now.items() if text not in (before.get(file), after.get(file))]


def _kill_points(name: str, operations: list[str]) -> Iterator[int]:
    """Numbers of operations, from 1: of a training the first and the last of each kind, else all, without an end."""
    if name != "train":
        return itertools.count(1)
    kinds = [re.sub(r"\.palnet-[0-9a-f-]+", "", line) for line in operations]
    first = {kind: number for number, kind in reversed(list(enumerate(kinds, 1)))}
    last = {kind: number for number, kind in enumerate(kinds, 1)}
    return iter(sorted({*first.values(), *last.values()}))


if __name__ == "__main__":
    main()
