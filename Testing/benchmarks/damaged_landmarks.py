"""10,000 damaged files of each format: each is refused with a sentence, or read as a strict reading of it reads it.

python Testing/benchmarks/damaged_landmarks.py [count]
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "palnet")]

from mutants import OF_OTHERS, fuzz, good_files  # noqa: E402
from palnet.exports.writers import FORMATS  # noqa: E402


def main() -> None:
    """Print a row for each format, with the tables beside its file and without them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("| format | mutants | refused | read as the file says | read otherwise |\n| --- | --- | --- | --- | --- |")
    for to in [*FORMATS, *OF_OTHERS]:
        refused, wrong = 0, []
        for beside in (True, False):
            with tempfile.TemporaryDirectory() as folder:
                files = good_files(Path(folder), beside)[to]
                more, others = fuzz(to, files, random.Random(f"{to} {beside}"), count // 2)
                refused, wrong = refused + more, wrong + others
        print(f"| {to} | {count} | {refused} | {count - refused - len(wrong)} | {len(wrong)} |", flush=True)
        for error in wrong[:5]:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
