"""kill -9 at every file operation of what writes: nothing half-written is taken as whole, and the work goes on.

    python Testing/benchmarks/killed.py [NAME ...]

Each job runs in a process of its own over results that are there already, and is killed at its first file operation,
then at its second and so on, until it comes to its end. After each, files that belong together must all be as they were
before or all as they are afterwards, once someone has looked into the folder, and a run that no one kills must come to
the same end. Of what takes long, the first and the last of each kind of operation count.

A training begins from nothing: the same command must go on to the same model file and the same log as that of an
unbroken run.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

from killed_jobs import JOBS
from operations import OURS, Prepared, contents, points, prepare, put_back, started


def main() -> None:
    """Print a row for each job; exit with 1 where something was half-written, or the work did not go on."""
    wrong = 0
    print("| what | killed at | half-written or mixed | work that did not go on |\n| --- | --- | --- | --- |")
    for name in sys.argv[1:] or JOBS:
        with tempfile.TemporaryDirectory() as place:
            killed, half, stuck = _walk(name, prepare(name, Path(place)))
        print(f"| {name} | {killed} operations | {half} | {stuck} |", flush=True)
        wrong += half + stuck
    sys.exit(1 if wrong else 0)


def _walk(name: str, one: Prepared) -> tuple[int, int, int]:
    """Kill a job at its operations; at how many, how often files were half-written, and how often work stuck."""
    killed = half = stuck = 0
    for last in points(one.job, one.operations):
        # At the same place, for it is in the records.
        one.again()
        ended = started(one.job, one.output, lambda done, _event, last=last: done == last and _kill())
        if ended.code != -signal.SIGKILL:
            break
        killed += 1
        put_back(one.output)
        mixed = [] if one.job.starts_empty else one.mixed()
        if mixed:
            half += 1
            print(f"{name}, operation {last}, {ended.operations[-1]}: {mixed}", file=sys.stderr)
        ended = started(one.job, one.output)
        left = [path for path in one.output.rglob(f"{OURS}*") if path.exists()]
        if ended.code not in (0, 1) or contents(one.output) != one.after or left:
            stuck += 1
            print(f"{name}, operation {last}: the work did not go on; left: {left}; {ended.said}", file=sys.stderr)
    return killed, half, stuck


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
