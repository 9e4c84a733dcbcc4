"""Damaged files of scans with looks, of volumes and of images, 10,000 of each kind: a surface or a sentence comes of
each.

python Testing/benchmarks/damaged_looks.py [count] [ending ...]

Each format is read in a process of its own with 2 GiB of memory, so that a reader that ends it is seen.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parents[1] / "palnet"),
    str(Path(__file__).resolve().parents[2] / "PALNetLandmarker"),
]

from scan_mutants import ENDINGS, IMAGES, VOLUMES, good_image, good_scans, judged, judged_image, mutant  # noqa: E402


def _format(ending: str, count: int, answers: multiprocessing.Queue) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    rng = random.Random(f"{ending} 20260")
    refused, wrong, slowest = 0, [], 0.0
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112  (a disk takes longer than the reading)
    with tempfile.TemporaryDirectory(dir=memory) as name:
        folder = Path(name)
        goods = [good_image(ending)] if ending in IMAGES else good_scans(folder, ending)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(count):
            content = mutant(ending, rng.choice(goods), rng)
            path = folder / f"mutant{ending}"
            path.write_bytes(content)
            started = time.process_time()
            try:
                refused += not (judged_image(content) if ending in IMAGES else judged(path))
            except Exception as error:
                wrong.append(f"{number}: {type(error).__name__} {error}"[:300])
            slowest = max(slowest, time.process_time() - started)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    answers.put((refused, wrong, slowest, grown))


def main() -> None:
    """Print a row for each format."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("| format | mutants | refused | read | wrong | slowest, CPU s | memory grew by, MB | process ended |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for ending in sys.argv[2:] or [*ENDINGS, *IMAGES, *VOLUMES]:
        answers: multiprocessing.Queue = multiprocessing.Queue()
        process = multiprocessing.Process(target=_format, args=(ending, count, answers))
        process.start()
        while process.is_alive() and answers.empty():
            time.sleep(0.2)
        if answers.empty():
            print(f"| {ending} | {count} | | | | | | yes, {process.exitcode} |", flush=True)
            continue
        refused, wrong, slowest, grown = answers.get()
        process.join()
        read = count - refused - len(wrong)
        print(
            f"| {ending} | {count} | {refused} | {read} | {len(wrong)} | {slowest:.2f} | {grown:.0f} | no |", flush=True
        )
        for error in wrong[:5]:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
