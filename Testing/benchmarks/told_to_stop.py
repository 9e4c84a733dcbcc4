"""Commands that are told to stop at random moments, once or twice: how each ends, and what it leaves.

    python Testing/benchmarks/told_to_stop.py [times] [NAME ...]

SIGINT, SIGTERM and SIGHUP, to the command alone or to all of its processes, as a terminal sends them, and kill -9 to it
alone. Each run must end by itself, with its exit code and a sentence, without a traceback of any of its processes;
tables are whole; no process is left, and nothing half-written that the next run does not take away.
"""

from __future__ import annotations

import contextlib
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from killed_jobs import FOLDERS, JOBS, ROOT

START = """
import sys
sys.path[:0] = {paths}
from PALNetLandmarkerLib.command import main
import told_to_stop
if __name__ == "__main__":
    told_to_stop.tiny()
    print("begun", flush=True)
    sys.exit(main())
"""
SCANS = 12
COUNTED = ("runs", "traceback", "exit code", "no sentence", "tables", "processes left", "left over")


def serve(tasks: object) -> None:
    """In a worker: take what a scan's file says for its landmarks."""
    from batches import fake_landmark
    from palnet.batch import workers

    def landmark(task: object) -> object:
        time.sleep(0.03)
        return fake_landmark(task)  # type: ignore[arg-type]

    workers.landmark = landmark  # type: ignore[assignment]
    SERVE(tasks)  # type: ignore[arg-type]


def tiny() -> None:
    """Batches of this process have workers that do as :func:`serve`."""
    global SERVE
    from batches import model
    from palnet.batch import workers
    from palnet.pipeline.model import Model

    if sys.argv[1] == "landmark":
        workers._serve = serve
        Model.find = staticmethod(lambda _name: model())  # type: ignore[method-assign]


def _serve() -> object:
    from palnet.batch import workers

    return workers._serve


SERVE = _serve()


def lines(work: Path) -> dict[str, tuple[list[object], str]]:
    """The commands by name, and the job of killed_jobs.py that makes their inputs."""
    out = work / "out"
    return {
        "landmark --jobs 1": (["landmark", work / "scans", "--jobs", 1, "--output", out], "folder_of_scans"),
        "landmark --jobs 2": (["landmark", work / "scans", "--jobs", 2, "--output", out], "folder_of_scans"),
        "adapt": (["adapt", work / "reviewed", "--output", out / "mine.json"], "adapt"),
        "surface": (["surface", work / "results", "--groups", work / "groups.csv", "--output", out], "surface"),
        "convert": (["convert", work / "points.csv", "--to", "tps", "--output", out / "a.tps"], "convert"),
        "train": (
            ["train", work / "config.json", "--scans", work / "things", "--work", out, "--output", out / "a.palnet"],
            "train",
        ),
    }


def main() -> None:
    """Print a row for each command; exit with 1 where one does not end as it should."""
    # A shell starts what it leaves in the background with Ctrl-C ignored, which would stay so in all that is started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    wrong = 0
    print(f"| what | {' | '.join(COUNTED)} |\n| --- {'| --- ' * len(COUNTED)}|")
    for name in sys.argv[2:] or lines(Path()):
        with tempfile.TemporaryDirectory() as place:
            found = _walk(name, Path(place), times)
        print(f"| {name} | {' | '.join(str(found[key]) for key in COUNTED)} |", flush=True)
        print("  ends: " + ", ".join(f"{n} x {key}" for key, n in sorted(found.items()) if key not in COUNTED))
        wrong += sum(found[key] for key in COUNTED[1:])
    sys.exit(1 if wrong else 0)


def _walk(name: str, work: Path, times: int) -> Counter[str]:
    line, job = lines(work)[name]
    JOBS[job].prepare(work, 0)
    if job == "folder_of_scans":
        for number in range(SCANS):
            (work / "scans" / f"s{number}.ply").write_text(str(number))
    (work / "start.py").write_text(START.format(paths=[str(ROOT / folder) for folder in FOLDERS]))
    found: Counter[str] = Counter()
    started = time.monotonic()
    _ended(_begun(work, line))
    longest = time.monotonic() - started
    rng = random.Random(name)
    for number in range(times):
        shutil.rmtree(work / "out", ignore_errors=True)
        _once(work, line, longest, rng, number, found)
    return found


def _begun(work: Path, line: list[object]) -> subprocess.Popen[str]:
    with (work / "said.txt").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, str(work / "start.py"), *map(str, line)],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            process_group=0,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    assert process.stdout is not None and process.stdout.readline() == "begun\n", (work / "said.txt").read_text()
    return process


def _ended(process: subprocess.Popen[str]) -> int:
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return 99
    return process.returncode


def _once(work: Path, line: list[object], longest: float, rng: random.Random, number: int, found: Counter[str]) -> None:
    process = _begun(work, line)
    time.sleep(rng.uniform(0, longest))
    kind = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)[number % 4]
    to_all = kind != signal.SIGKILL and rng.random() < 0.5
    for _ in range(rng.choice((1, 2, 3))):
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if to_all else os.kill)(process.pid, kind)
        time.sleep(rng.choice((0.0, 0.01, 0.3)))
    code = _ended(process)
    said = (work / "said.txt").read_text(errors="replace")
    wrong = []
    if "Traceback" in said or "Exception ignored" in said or "resource_tracker" in said:
        wrong.append("traceback")
    if code not in ((-9, 0, 1) if kind == signal.SIGKILL else (0, 1, 130)):
        wrong.append("exit code")
    if code == 130 and "stopped" not in said:
        wrong.append("no sentence")
    if not _whole(work / "out", code):
        wrong.append("tables")
    if not _gone(process.pid):
        wrong.append("processes left")
    left = list((work / "out").rglob(".palnet-*"))
    if left:
        _ended(_begun(work, line))
        left = list((work / "out").rglob(".palnet-*"))
    if left:
        wrong.append("left over")
    found.update(["runs", *wrong, f"{kind.name} {'killed' if code == -9 else code}"])
    if wrong:
        print(f"{line[0]} {kind.name} {code} {wrong}: {left} {said[-3000:]}", file=sys.stderr, flush=True)


def _whole(folder: Path, code: int) -> bool:
    """Whether the tables of a batch are there together, if it could write some, and each row is whole."""
    there = [
        folder / f"{name}.csv" for name in ("points", "measurements", "quality") if (folder / f"{name}.csv").exists()
    ]
    for path in there:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        if len({len(row) for row in rows}) != 1:
            return False
    landmarks = [*folder.glob("*.mrk.json")] if code == 130 else []
    return len(there) in (0, 3) and (not landmarks or len(there) == 3)


def _gone(group: int) -> bool:
    """Whether all processes of a group have ended, a few seconds later at most."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    return False


if __name__ == "__main__":
    main()
