"""A day's work in minutes: a folder of tiny scans, with random kills, full disks and files that cannot be read.

    python Testing/benchmarks/soak.py [scans] [runs]

The batch of ``palnet landmark FOLDER`` runs again and again over a folder of results, with an engine that takes what a
scan's file says for its landmarks. Scans change, are damaged and mended between the runs; each run meets a fault at a
random moment. At the end a run without faults: every scan is either right or named.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("PALNetLandmarker", "Testing", "Testing/palnet", "Testing/benchmarks")

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
elif kind.startswith("SIG"):
    last, done = rng.randrange(1, 1500), 0
    def watch(event, arguments):
        global done
        if event in ("os.rename", "os.remove", "os.mkdir", "open") and str(arguments[0]).startswith(str(folder)):
            done += 1
            if done == last:
                os.kill(os.getpid(), getattr(signal, kind))
    sys.addaudithook(watch)
sys.exit(killed_jobs.folder_of_scans(folder))
"""


def run(kind: str, seed: int, output: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-c", RUN, kind, str(seed), str(output)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def main() -> None:
    """Print what was met, and what is there at the end; exit with 1 where a scan is neither right nor named."""
    sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]
    from palnet.formats.files import read_landmarks

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    rng = random.Random(19)
    met: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        scans, output = Path(place) / "scans", Path(place) / "out"
        scans.mkdir()
        files = [scans / f"s{k:04}.ply" for k in range(count)]
        for path in files:
            path.write_text(str(rng.randrange(100)))
        kinds = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "full disk", "unreadable"]
        for number in range(runs):
            kind = kinds[number % len(kinds)]
            for path in rng.sample(files, count // 50):
                path.write_text(rng.choice(["bad", "gone", *(str(k) for k in range(8))]))
            done = run(kind, number, output)
            told = f"{kind}: {'killed' if done.returncode == -signal.SIGKILL else done.returncode}"
            met[told] += 1
            if "Traceback" in done.stderr:
                raise SystemExit(done.stderr)
        done = run("no fault", 0, output)
        with (output / "quality.csv").open(encoding="utf-8-sig", newline="") as file:
            quality = {row["scan"]: row for row in csv.DictReader(file)}
        right = named = wrong = 0
        for path in files:
            word, row = path.read_text(), quality[path.stem]
            found = output / f"{path.stem}.mrk.json"
            if row["problem"]:
                named += 1
            elif found.exists() and word.isdigit() and read_landmarks(found).points[0, 0] == float(word):
                right += 1
            else:
                wrong += 1
                print(f"{path.name}: {word}, {row['state']}", file=sys.stderr)
        left = [path for path in output.rglob(".palnet-*")]
    print(f"{count} scans, {runs} runs in {time.monotonic() - began:.0f} s: " + ", ".join(
        f"{number} x {what}" for what, number in sorted(met.items())))  # fmt: skip
    print(f"at the end: {right} right, {named} named, {wrong} wrong; {len(left)} files left half-written")
    sys.exit(1 if wrong or left or done.returncode not in (0, 1) else 0)


if __name__ == "__main__":
    main()
