"""10,000 files of our own of each kind with values changed: each is refused with a sentence, or used without an error.

python Testing/benchmarks/damaged_own.py [count]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "palnet")]

from json_damage import GOOD, fuzz  # noqa: E402


def main() -> None:
    """Print a row for each kind."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("| file | changed | refused | used |\n| --- | --- | --- | --- |")
    for kind in GOOD:
        with tempfile.TemporaryDirectory() as folder:
            refused = fuzz(kind, Path(folder), count)
        print(f"| {kind} | {count} | {refused} | {count - refused} |", flush=True)


if __name__ == "__main__":
    main()
