"""A day's work in minutes: a folder of tiny scans, a person at work among them, and all that goes wrong in a day.

    python Testing/benchmarks/soak.py [scans] [runs]

``palnet landmark`` runs again and again over a folder of results, with an engine that takes what a scan's file says for
its landmarks. Between the runs scans change, are damaged and mended, renamed, removed and added, and a person moves
points and reviews some. Each run meets something at a random moment: a signal, a full disk, files that cannot be read,
a folder that is read-only, another run at the same time, or it is one of single scans. At the end a run without faults:
every scan is either right or named, and all that the person did is there.
"""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from killed_jobs import FOLDERS, ROOT
from palnet.formats.files import read_landmarks
from palnet.review.record import Review, State, record_beside

RUN = """
import errno, os, random, signal, sys
from pathlib import Path
import killed_jobs
kind, seed, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
rng = random.Random(seed)
if kind == "full disk":
    real = Path.replace
    def replace(path, target):
        if rng.random() < 0.05:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, target)
    Path.replace = replace
elif kind == "unreadable":
    real_open = Path.open
    def open_(path, *arguments, **named):
        if path.suffix in (".ply", ".json") and rng.random() < 0.02:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, *arguments, **named)
    Path.open = open_
elif kind == "read-only":
    # Someone else, who may not read what Python loads later.
    import tempfile
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "scans").mkdir()
        (Path(place) / "scans" / "a.ply").write_text("1")
        killed_jobs.folder_of_scans(Path(place) / "out")
    os.setegid(65534)
    os.seteuid(65534)
elif kind.startswith("SIG"):
    last, done = rng.randrange(1, 1500), 0
    def watch(event, arguments):
        global done
        if event in ("os.rename", "os.remove", "os.mkdir", "open") and str(arguments[0]).startswith(str(folder)):
            done += 1
            if done == last:
                os.kill(os.getpid(), getattr(signal, kind))
    sys.addaudithook(watch)
if sys.argv[4:]:
    sys.exit(killed_jobs.single_scans(folder, [Path(name) for name in sys.argv[4:]]))
sys.exit(killed_jobs.folder_of_scans(folder))
"""
KINDS = (
    *("SIGKILL", "SIGTERM", "full disk", "two at once", "SIGINT", "unreadable", "SIGKILL", "SIGHUP", "single scans"),
    "read-only",
)


class Day:
    """A folder of scans, that of their results, and what a person did.

    :ivar moved: by the name of a scan, where the person put its first landmark
    :ivar reviewed: the names of scans of which the person accepted some
    """

    def __init__(self, place: Path, count: int) -> None:
        self.scans, self.output = place / "scans", place / "out"
        self.rng, self.met = random.Random(19), Counter[str]()
        self.moved: dict[str, list[float]] = {}
        self.reviewed: set[str] = set()
        self._made = 0
        self.scans.mkdir()
        self.add(count)

    def add(self, count: int) -> None:
        for _ in range(count):
            (self.scans / f"s{self._made:05}.ply").write_text(str(self.rng.randrange(100)))
            self._made += 1

    def change(self) -> None:
        """What happens to the scans between two runs."""
        files = sorted(self.scans.iterdir())
        for path in self.rng.sample(files, max(len(files) // 50, 1)):
            path.write_text(self.rng.choice(["bad", "gone", *(str(k) for k in range(8))]))
        few = max(len(files) // 500, 1)
        for path in self.rng.sample(files, few):
            path.rename(path.with_name(f"r{path.name}"))
        for path in self.rng.sample(sorted(self.scans.iterdir()), few):
            path.unlink()
        self.add(2 * few)

    def work(self, count: int) -> None:
        """A person moves points of some, and reviews others, as Slicer and the module write them."""
        there = [path for path in sorted(self.output.glob("*.mrk.json")) if _name(path) not in self._done]
        for path in self.rng.sample(there, min(count, len(there))):
            if self.rng.random() < 0.5:
                data = json.loads(path.read_text(encoding="utf-8"))
                point = data["markups"][0]["controlPoints"][0]
                point["position"] = [place + 10.0 + self.rng.random() for place in point["position"]]
                path.write_text(json.dumps(data))
                self.moved[_name(path)] = point["position"]
            else:
                record = record_beside(path)
                review = Review.read(record).decide([0, 1], State.ACCEPTED)
                record.write_text(review.to_json(), encoding="utf-8")
                self.reviewed.add(_name(path))

    @property
    def _done(self) -> set[str]:
        return {*self.moved, *self.reviewed}

    def run(self, kind: str, seed: int) -> None:
        """A run, or two at once."""
        if kind == "read-only" and self.output.exists():
            self.output.parent.chmod(0o755)  # as root owns it all, no one else may write
        some: list[str] = []
        if kind == "single scans":
            some = [str(path) for path in self.rng.sample(sorted(self.scans.iterdir()), 5)]
        started = [self._start(kind, seed + k, some) for k in range(2 if kind == "two at once" else 1)]
        for process in started:
            said = process.communicate()[1]
            code = process.returncode
            self.met[f"{kind}: {'killed' if code == -signal.SIGKILL else code}"] += 1
            if "Traceback" in said or code not in (0, 1, 130, -signal.SIGKILL):
                raise SystemExit(f"{kind}, run {seed}: {code} {said}")

    def _start(self, kind: str, seed: int, some: list[str]) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
        command = [sys.executable, "-c", RUN, kind, str(seed), str(self.output), *some]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def lost(self) -> list[str]:
        """What the person did and is not there."""
        lost = []
        for name, place in self.moved.items():
            path = self.output / f"{name}.mrk.json"
            if not path.is_file() or abs(read_landmarks(path).points[0] - place).max() > 1e-6:
                lost.append(f"{name}: moved")
        for name in self.reviewed:
            record = self.output / f"{name}.review.json"
            if not record.is_file() or not Review.read(record).reviewed[:2].all():
                lost.append(f"{name}: reviewed")
        return lost

    def judged(self) -> Counter[str]:
        """Of each scan that there is: whether it is right, named, a person's, or wrong."""
        with (self.output / "quality.csv").open(encoding="utf-8-sig", newline="") as file:
            quality = {row["scan"]: row for row in csv.DictReader(file)}
        found: Counter[str] = Counter()
        for path in sorted(self.scans.iterdir()):
            word, row, markups = path.read_text(), quality[path.stem], self.output / f"{path.stem}.mrk.json"
            if path.stem in self._done:
                kind = "a person's" if row["state"] in ("kept", "reviewed") else "wrong"
            elif row["problem"]:
                kind = "named"
            else:
                is_right = word.isdigit() and markups.exists() and read_landmarks(markups).points[0, 0] == float(word)
                kind = "right" if is_right else "wrong"
            found[kind] += 1
            if kind == "wrong":
                print(f"{path.name}: {word}, {row['state']}, {row['problem']}", file=sys.stderr)
        return found


def _name(markups: Path) -> str:
    return markups.name.removesuffix(".mrk.json")


def main() -> None:
    """Print what was met, and what is there at the end; exit with 1 where a scan is neither right nor named."""
    # A shell starts what it leaves in the background with Ctrl-C ignored, which would stay so in all that is started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        day = Day(Path(place), count)
        for number in range(runs):
            day.change()
            day.run(KINDS[number % len(KINDS)], 10 * number)
            day.work(max(count // 200, 1))
        day.run("no fault", 0)
        lost, found = day.lost(), day.judged()
        left = [path.name for path in day.output.rglob(".palnet-*")]
        kept = [path.name for path in day.output.rglob("*.kept*")]
    print(f"{count} scans, {runs} runs in {time.monotonic() - began:.0f} s: " + ", ".join(
        f"{number} x {what}" for what, number in sorted(day.met.items())))  # fmt: skip
    told = ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
    print(f"at the end: {told}; {len(left)} files left half-written, {len(kept)} kept beside")
    print(f"of a person's work, {len(day.moved)} moved and {len(day.reviewed)} reviewed: {len(lost)} lost {lost[:5]}")
    sys.exit(1 if found["wrong"] or left or lost else 0)


if __name__ == "__main__":
    main()
