"""A job in a process of its own in which something happens at one of its file operations: for killed.py, refused.py."""

from __future__ import annotations

import concurrent.futures
import contextlib
import csv
import errno
import importlib
import io
import itertools
import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from killed_jobs import JOBS, Job
from palnet.errors import PalnetError

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.link", "os.rmdir")
"""What changes something in a folder, as Python's audit calls it."""
OURS = ".palnet-"


@dataclass(frozen=True)
class Ended:
    """How a job ended: its exit code, what it said, and its operations, one a line."""

    code: int
    said: str
    operations: list[str]


def started(
    job: Job,
    output: Path,
    act: Callable[[int, str], object] | None = None,
    first: Callable[[], object] | None = None,
) -> Ended:
    """Run a job in a process of its own.

    :param act: is called before each operation below the folder, with its number and its kind; may raise, or kill
    :param first: is called in the process before all else
    """
    told, said = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        _run(job, output, act, told[1], said[1], first)
    os.close(told[1])
    os.close(said[1])
    with concurrent.futures.ThreadPoolExecutor(2) as readers:
        lines, words = readers.map(_all_of, (told[0], said[0]))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, words, lines.splitlines())


def _all_of(pipe: int) -> str:
    with os.fdopen(pipe, errors="replace") as file:
        return file.read()


def _run(
    job: Job,
    output: Path,
    act: Callable[[int, str], object] | None,
    lines: int,
    said: int,
    first: Callable[[], object] | None,
) -> None:
    os.dup2(said, 2)
    os.dup2(said, 1)
    done, folder, own = 0, str(output), os.getpid()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if event not in EVENTS or os.getpid() != own:
            return
        path = arguments[0]
        if not isinstance(path, (str, os.PathLike)) or not str(path).startswith(folder):
            return
        if event == "open" and not _writes(arguments):
            return
        done += 1
        names = [Path(name).name for name in arguments[:2] if isinstance(name, (str, os.PathLike))]
        os.write(lines, (" ".join([event, *names]) + "\n").encode())
        if act is not None:
            act(done, event)

    try:
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), line_buffering=True)
        sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), write_through=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if first is not None:
            first()
        sys.addaudithook(watch)
        code = job.run(output) or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except PalnetError as error:  # of what no command runs
        print(f"palnet: {error}", file=sys.stderr)
        code = 1
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    if first is None and act is None:
        (output.parent.parent / "modules.txt").write_text("\n".join(sorted(sys.modules)))
    os._exit(code)


def _load(place: Path) -> None:
    """Load here what a job loads, so that each of its processes need not; but for what starts threads or windows."""
    for name in (place / "modules.txt").read_text().split():
        if name.partition(".")[0] not in ("torch", "PySide6", "slicer", "host", "qt", "ctk", "PALNetLandmarkerLib"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _writes(arguments: tuple[Any, ...]) -> bool:
    """Whether a file is opened to be written to."""
    if isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        return True
    return isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))


def contents(folder: Path) -> dict[str, str]:
    """What is in all files that a person or a program would take for results, without times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(OURS) for part in path.relative_to(folder).parts):
            continue
        text = path.read_bytes()
        if path.suffix == ".json":
            json.loads(text)  # whole
        if path.name.endswith((".json", ".jsonl", ".html")):
            text = re.sub(rb'"[a-z_]*seconds[a-z_]*": *(\{[^}]*\}|[0-9.e-]+)', b"", text)
            text = re.sub(rb"[0-9]+(\.[0-9]+)? s\b|20\d\d-\d\d-\d\d[T 0-9:.+]*", b"", text)
        if path.suffix == ".csv":
            text = _without_times(text)
        # Torch's archives hold times.
        found[path.relative_to(folder).as_posix()] = "" if path.suffix == ".pt" else text.hex()
    return found


def _without_times(table: bytes) -> bytes:
    """A table without its column of seconds."""
    rows = list(csv.reader(table.decode("utf-8-sig").splitlines()))
    at = rows[0].index("seconds") if rows and "seconds" in rows[0] else None
    return table if at is None else repr([row[:at] + row[at + 1 :] for row in rows]).encode()


def points(job: Job, operations: list[str], few: bool = False) -> Iterator[int]:
    """Numbers of operations, from 1: of a long job the first and the last of each kind, else all, without an end."""
    if not job.few and not few:
        return itertools.count(1)
    kinds = [re.sub(r"\.palnet-[0-9a-f-]+", "", line) for line in operations]
    first = {kind: number for number, kind in reversed(list(enumerate(kinds, 1)))}
    last = {kind: number for number, kind in enumerate(kinds, 1)}
    return iter(sorted({*first.values(), *last.values()}))


@dataclass(frozen=True)
class Prepared:
    """A job over the results of an earlier one, to be done again and again.

    :ivar before: its results, :ivar after: what an unbroken run makes of them, :ivar operations: of that
    """

    job: Job
    output: Path
    kept: Path
    before: dict[str, str]
    after: dict[str, str]
    operations: list[str]

    def again(self) -> None:
        """All is as before."""
        work = self.output.parent
        shutil.rmtree(work)
        shutil.copytree(self.kept, work, symlinks=True)

    def mixed(self) -> list[str]:
        """Groups of files of which some are as before, and some as after, or some are neither; as they are now."""
        try:
            now = contents(self.output)
        except ValueError as error:
            return [str(error)]
        groups = {self.job.groups(path) for path in (*now, *self.before, *self.after)}

        def of(files: dict[str, str], group: str) -> dict[str, str]:
            return {path: text for path, text in files.items() if self.job.groups(path) == group}

        wrong = []
        for group in sorted(groups):
            found = of(now, group)
            # So may be what is noted for the next run, which does a scan again then, and a picture.
            if not found and group.startswith("may be missing"):
                continue
            if found not in (of(self.before, group), of(self.after, group)):
                wrong.append(f"{group or 'all'}: {', '.join(sorted(found)) or 'nothing is there'}")
        return wrong


def prepare(name: str, place: Path) -> Prepared:
    """Make a job's inputs, do it once, and change the inputs."""
    job, work, kept = JOBS[name], place / "work", place / "kept"
    output = work / "out"
    output.mkdir(parents=True)
    job.prepare(work, 0)
    (place / "modules.txt").write_text("")
    if not job.starts_empty:
        _sure(started(job, output))
    _load(place)
    before = contents(output)
    job.prepare(work, 2)
    shutil.copytree(work, kept, symlinks=True)
    ended = _sure(started(job, output))
    after = contents(output)
    if before == after:
        raise SystemExit(f"{name}: the inputs change nothing")
    return Prepared(job, output, kept, before, after, ended.operations)


def _sure(ended: Ended) -> Ended:
    # A folder with a bad scan in it ends with 1.
    if ended.code not in (0, 1) or "Traceback" in ended.said:
        raise SystemExit(ended.said)
    return ended


def put_back(folder: Path) -> None:
    """What whoever reads a folder next does first."""
    from palnet.exchange import recover

    for one in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        if one.is_dir():
            recover(one)


ERRORS = {name: getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "ENAMETOOLONG")}
