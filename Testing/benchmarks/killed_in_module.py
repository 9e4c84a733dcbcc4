"""kill -9 at every file operation of what the module writes: nothing half-written is taken as whole, work goes on.

    python Testing/benchmarks/killed_in_module.py [NAME ...]

Each job runs over its own results of before, and is killed at its first file operation, then at its second and so on,
until it comes to its end. After each kill the folder is looked into as the next one who reads it does. Then each file
there must be as it was before or as it is afterwards, landmarks and the record of their review both the one or both the
other, and the job, which no one kills now, must come to its end with nothing left behind.

Slicer's engine is started once; each job runs in a copy of that process. What VTK writes by itself (the files of a
surface, before they are renamed) counts as one operation.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("PALNetLandmarker", "Testing", "Testing/palnet", "Testing/extension", "Testing/benchmarks")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]
_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.link", "os.rmdir", "os.truncate")
_TIMES = re.compile(rb'"(time|created)": "[^"]*"|\d{4}-\d\d-\d\d([T ][\d:.]+)?')
_PAIR = (".mrk.json", ".review.json")
_FORMATS = ("fcsv", "csv-long", "csv", "tps", "nts", "morphologika", "morphoj")


def landmarks(moved: float) -> Any:
    """A list of landmarks on the egg, of which three were decided on and one moved."""
    import slicer
    from fakes import egg, predict_egg, to_ras
    from palnet.review.record import State
    from PALNetLandmarkerLib.nodes import record
    from reviews import landmarks_of

    slicer.mrmlScene.Clear()
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "egg")
    model.SetAndObservePolyData(to_ras(egg()))
    node = landmarks_of(model, predict_egg())
    review = record.load(node)
    record.store(node, review.decide([0, 1, 2], State.ACCEPTED))
    node.SetNthControlPointPosition(20, moved, 2.0, 3.0)
    return node


def saved_review(folder: Path, moved: float) -> None:
    """*Save*: landmarks and the record of their review."""
    from PALNetLandmarkerLib.nodes import storage

    storage.write_reviewed(landmarks(moved), folder / "a.mrk.json")


def saved_in(to: str) -> Callable[[Path, float], None]:
    """*Save* in another format."""

    def job(folder: Path, moved: float) -> None:
        from palnet.exports.writers import FORMATS
        from PALNetLandmarkerLib.nodes import storage

        storage.write_in_format(landmarks(moved), folder / f"a{FORMATS[to].ending}", to)

    return job


def next_scan(folder: Path, moved: float) -> None:
    """*Next* in a folder of scans: what is open is saved."""
    _queue(folder, moved).queue.open_next()


def closed(folder: Path, moved: float) -> None:
    """Slicer is closed while another person's landmarks are in the place: ours are kept elsewhere."""
    _count(False)
    scans = folder.parent / "scans"
    shutil.rmtree(scans, ignore_errors=True)
    scans.mkdir()
    _queue(scans, 0.0).queue.use_scene()
    desk = _queue(scans, moved)
    theirs = scans / "landmarks" / "a.review.json"
    theirs.write_text(theirs.read_text(encoding="utf-8").replace("to check", "accepted"), encoding="utf-8")
    for path in folder.glob("a*"):
        path.unlink()
    desk.unsaved = folder
    _count(True)
    desk.queue.close()


def _queue(folder: Path, moved: float) -> Any:
    import slicer
    from fakes import predict_egg
    from queues import FakeBackground, QueueDesk, decide, scan_folder

    slicer.mrmlScene.Clear()
    if not (folder / "a.ply").exists():
        scan_folder(folder, "a.ply", "b.ply")
    desk = QueueDesk(FakeBackground())
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    if desk.background.busy:
        desk.background.finish(predict_egg())
    decide(desk.opened[-1][1], 3)
    desk.opened[-1][1].SetNthControlPointPosition(20, moved, 2.0, 3.0)
    return desk


def report(folder: Path, moved: float) -> None:
    """The report of a comparison, with its tables."""
    from palnet.agreement.files import compare_files, write_comparison
    from PALNetLandmarkerLib.nodes import storage

    place = folder.parent / "observers"
    for name, far in (("Anna", 0.0), ("Ben", moved)):
        (place / name).mkdir(parents=True, exist_ok=True)
        storage.write_reviewed(landmarks(far), place / name / "a.mrk.json")
    write_comparison(compare_files(place / "Anna", place / "Ben"), folder)


def convention(folder: Path, moved: float) -> None:
    """A convention that is used, and given away."""
    from palnet.adapt.file import write_convention
    from PALNetLandmarkerLib.engine import conventions
    from panels.test_conventions import convention as learned

    conventions.models_folder = lambda: folder / "models"
    one = learned(("Gn",) if moved < 2 else ("Gn", "T_R"))
    conventions.use(one)
    write_convention(one, folder / "mine.convention.json")


def surface(folder: Path, moved: float) -> None:
    """The corresponding surface of a scan: points, landmarks carried, values."""
    import slicer
    from PALNetLandmarkerLib.nodes.scan_nodes import scan_of
    from PALNetLandmarkerLib.nodes.surface_nodes import (
        EXPECTED,
        MISSING,
        create_surface,
        fill_surface,
        write_surface_node,
    )
    from surfaces import answer_to, landmarked_face

    slicer.mrmlScene.Clear()
    node = landmarked_face("face")
    made = create_surface(scan_of(node))
    arrays = answer_to({"map": "surface"}).arrays
    values = {MISSING: arrays["missing"], EXPECTED: arrays["expected"]}
    fill_surface(made, scan_of(node), arrays["points"] + moved, values)
    write_surface_node(made, scan_of(node), "mm", folder / "face.surface.ply")


JOBS: dict[str, Callable[[Path, float], None]] = {
    "saved review": saved_review,
    **{f"saved as {to}": saved_in(to) for to in _FORMATS},
    "next scan": next_scan,
    "closed in a conflict": closed,
    "report": report,
    "convention": convention,
    "surface": surface,
}


_counting: dict[str, Any] = {"last": None, "done": 0, "folder": "", "on": False}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process at the n-th operation that changes something in the folder."""
    if not _counting["on"] or event not in _EVENTS:
        return
    path = arguments[0]
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path).startswith(_counting["folder"]):
        return
    if event == "open" and not _writes(arguments[1], arguments[2]):
        return
    _counting["done"] += 1
    if _counting["done"] == _counting["last"]:
        os.kill(os.getpid(), signal.SIGKILL)


def _writes(mode: Any, flags: Any) -> bool:
    by_mode = isinstance(mode, str) and bool(set(mode) & set("wax+"))
    return by_mode or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)))


def _count(on: bool) -> None:
    """Whether operations are the job's, or only prepare it."""
    _counting["on"] = on


def run(job: Callable[[Path, float], None], folder: Path, moved: float, last: int | None = None) -> int:
    """Run a job in a copy of this process, killed at one of its operations; its exit code."""
    child = os.fork()
    if child == 0:
        _counting.update(last=last, folder=str(folder), on=True)
        code = 1
        try:
            job(folder, moved)
            code = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def contents(folder: Path) -> dict[str, bytes]:
    """What is in all files that a person or a program would take for results, without times."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): _TIMES.sub(b"", path.read_bytes())
        for path in files
        if not any(part.startswith(".palnet-") for part in path.relative_to(folder).parts)
    }


def walk(name: str, place: Path) -> tuple[int, list[str], list[str]]:
    """Kill a job at each of its operations: at how many, where files were half-written, and where work stuck."""
    from palnet.exchange import recover

    job, folder, kept = JOBS[name], place / "results", place / "kept"
    folder.mkdir()
    assert run(job, folder, 1.0) == 0
    before = contents(folder)
    shutil.copytree(folder, kept)
    assert run(job, folder, 2.0) == 0
    after = contents(folder)
    assert before != after, name
    half: list[str] = []
    stuck: list[str] = []
    last = 0
    while True:
        last += 1
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        if run(job, folder, 2.0, last) != -signal.SIGKILL:
            return last - 1, half, stuck
        for below in [folder, *(path for path in folder.rglob("*") if path.is_dir() and path.name[0] != ".")]:
            recover(below)
        now = contents(folder)
        changed = {file: text for file, text in now.items() if not before.get(file) == after.get(file) == text}
        wrong = [file for file, text in changed.items() if text not in (before.get(file), after.get(file))]
        pair = {text == after.get(file) for file, text in changed.items() if file.endswith(_PAIR)}
        if wrong or (len(pair) > 1):
            half.append(f"{name}, operation {last}: {wrong or 'landmarks and record do not belong together'}")
        ended = run(job, folder, 2.0)
        left = [path.name for path in folder.rglob(".palnet-*")]
        if ended != 0 or contents(folder) != after or left:
            stuck.append(f"{name}, operation {last}: the work did not go on ({ended}, {left})")


def main() -> None:
    """Print a row for each job; exit with 1 where something was half-written, or the work did not go on."""
    from host.start import start

    start()
    sys.addaudithook(_watch)
    wrong = []
    print("| what | killed at | files half-written | work that did not go on |\n| --- | --- | --- | --- |", flush=True)
    for name in sys.argv[1:] or JOBS:
        with tempfile.TemporaryDirectory() as place:
            killed, half, stuck = walk(name, Path(place))
        print(f"| {name} | {killed} operations | {len(half)} | {len(stuck)} |", flush=True)
        wrong += half + stuck
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
