"""A full disk, a broken one, a read-only one, and no permission, at every file operation of what writes.

    python Testing/benchmarks/refused.py [NAME ...]

The jobs of killed.py, over results that are there already. At its first file operation a job gets an error of the
system, then at its second and so on: once, as from a shared drive, and from then on, as on a disk that is full and
stays so. Then files may grow to so many bytes only, as a disk that is full within a file. Each must end with an exit
code, in a sentence, without a traceback; files that belong together are all as before or all as afterwards; nothing
half-written is left behind by the next run, which comes to the same end as if nothing had been.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from killed_jobs import JOBS
from operations import ERRORS, OURS, Prepared, contents, points, prepare, put_back, started

FULL = ("open", "os.mkdir", "os.link")
"""What a full disk refuses; names are changed and files removed there as ever."""
SIZES = (0, 1, 100, 1000, 4096, 20_000, 100_000)
SLOW = ("compare", "semilandmarks", "surface")
"""Of these, only the first and the last of each kind of operation count."""
COUNTED = ("runs", "traceback", "no sentence", "mixed", "left over", "stuck")


def main() -> None:
    """Print a row for each job; exit with 1 where one does not end as it should."""
    wrong = 0
    print(f"| what | operations | {' | '.join(COUNTED)} |\n| --- | --- {'| --- ' * len(COUNTED)}|")
    for name in sys.argv[1:] or JOBS:
        with tempfile.TemporaryDirectory() as place:
            one = prepare(name, Path(place))
            found = _walk(name, one)
        print(f"| {name} | {len(one.operations)} | {' | '.join(str(found[key]) for key in COUNTED)} |", flush=True)
        wrong += sum(found[key] for key in COUNTED[1:])
    sys.exit(1 if wrong else 0)


def _walk(name: str, one: Prepared) -> Counter[str]:
    found: Counter[str] = Counter()
    last = 0
    for last in points(one.job, one.operations, name in SLOW):
        if last > len(one.operations):
            break
        kinds = list(ERRORS)
        once, on = kinds[last % len(kinds)], ("ENOSPC", "EROFS")[last % 2]
        _try(f"{name}, {once} at {last}", one, lambda done, event, at=last, kind=once: _fail(done == at, kind), found)
        _try(
            f"{name}, {on} from {last} on",
            one,
            lambda done, event, at=last, kind=on: _fail(done >= at and (kind != "ENOSPC" or event in FULL), kind),
            found,
        )
    for size in SIZES:
        _try(f"{name}, files of {size} bytes", one, None, found, size)
    return found


def _fail(now: bool, kind: str) -> None:
    if now:
        raise OSError(ERRORS[kind], os.strerror(ERRORS[kind]))


def _try(
    what: str,
    one: Prepared,
    act: Callable[[int, str], object] | None,
    found: Counter[str],
    size: int | None = None,
) -> None:
    one.again()
    before = None if size is None else (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    ended = started(one.job, one.output, act, before)
    found["runs"] += 1
    wrong = []
    if "Traceback" in ended.said or "Exception ignored" in ended.said or ended.code not in (0, 1):
        wrong.append("traceback")
    if ended.code == 1 and "palnet: " not in ended.said:
        wrong.append("no sentence")
    put_back(one.output)
    # The tables of a batch tell of the failure.
    mixed = [] if one.job.starts_empty else [said for said in one.mixed() if not said.startswith("tables:")]
    if mixed:
        wrong.append("mixed")
    again = started(one.job, one.output)
    left = list(one.output.rglob(f"{OURS}*"))
    if left:
        wrong.append("left over")
    if again.code not in (0, 1) or contents(one.output) != one.after:
        wrong.append("stuck")
    found.update(wrong)
    if wrong:
        print(f"{what}: {wrong} {mixed} {left}: {ended.code} {ended.said[-1500:]}", file=sys.stderr, flush=True)
        print(f"then: {again.code} {again.said[-500:]}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
