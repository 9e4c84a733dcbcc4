"""Two programs that write to one place: nothing of either is lost, and who comes second is told."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palnet import exchange as room
from palnet.exchange import exchange, recover, unfinished
from palnet.exports.sets import read_sets
from palnet.files import beside_name, clean_up

ENGINE = Path(__file__).resolve().parents[2] / "PALNetLandmarker"

# Counts in two files that belong together: one is a round further after each success. Whoever finds another count than
# it last saw or wrote itself is told, reads it, and goes on from there.
COUNTER = """
import os, sys, time
from pathlib import Path
from palnet import exchange as room
folder, name, rounds, links = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if links == "no":
    def refused(*_):
        raise OSError(95, "no links here")
    room.os.link = refused

class Told(Exception):
    pass

def read():
    # Both are gone for a moment while the other one writes.
    while True:
        try:
            return (folder / "a.txt").read_text()
        except FileNotFoundError:
            time.sleep(0.001)

def add(seen):
    def check(held):
        now = (held / "a.txt").read_text() if (held / "a.txt").exists() else ""
        if now != seen or not (held / "b.txt").exists() or (held / "b.txt").read_text() != "of " + seen:
            raise Told
    new = seen + name
    with room.unfinished(folder / "a.txt") as a, room.unfinished(folder / "b.txt") as b:
        a.write_text(new)
        b.write_text("of " + new)
        room.exchange([(a, folder / "a.txt"), (b, folder / "b.txt")], check)
    return new

# Both have seen the same before either writes: however slow one is, who comes second is told.
seen, done, told = read(), 0, 0
print("begun", flush=True)
sys.stdin.readline()
while done < rounds:
    try:
        seen = add(seen)
        done += 1
    except (Told, FileExistsError):
        told += 1
        seen = read()
print(told)
"""


def counting(folder: Path, name: str, rounds: int, links: str = "yes") -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ENGINE)}
    return subprocess.Popen(
        [sys.executable, "-c", COUNTER, str(folder), name, str(rounds), links],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("links", ["yes", "no"])
def test_two_programs_at_once_lose_nothing(tmp_path: Path, links: str) -> None:
    """150 rounds of each: every success of both is in what is there at the end, and both came second at times."""
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.txt").write_text("of ")
    both = [counting(tmp_path, name, 150, links) for name in "xy"]
    for one in both:
        assert one.stdout is not None and one.stdout.readline() == "begun\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [int(one.communicate(timeout=120)[0]) for one in both]
    found = (tmp_path / "a.txt").read_text()
    assert (found.count("x"), found.count("y")) == (150, 150)
    assert (tmp_path / "b.txt").read_text() == "of " + found
    assert sum(told) > 0
    assert {path.name.split(".kept")[0] for path in tmp_path.iterdir()} == {"a.txt", "b.txt"}


def new(folder: Path) -> None:
    """An exchange of two files for newer ones; the third goes."""
    with unfinished(folder / "a") as a, unfinished(folder / "b") as b:
        a.write_text("new a")
        b.write_text("new b")
        exchange([(a, folder / "a"), (b, folder / "b"), (None, folder / "c")], lambda _held: None)


OLD = {"a": "old a", "b": "old b", "c": "old c"}


def fill(folder: Path) -> None:
    for name, text in OLD.items():
        (folder / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_all_take_their_places(tmp_path: Path) -> None:
    fill(tmp_path)
    new(tmp_path)
    assert contents(tmp_path) == {"a": "new a", "b": "new b"}
    (tmp_path / "a").unlink()
    new(tmp_path)
    assert contents(tmp_path) == {"a": "new a", "b": "new b"}


def test_what_may_not_be_replaced_stays(tmp_path: Path) -> None:
    fill(tmp_path)

    def no(held: Path) -> None:
        assert contents(held) == {"a": "old a", "c": "old c"}
        raise ValueError("no")

    with unfinished(tmp_path / "a") as beside:
        beside.write_text("new a")
        with pytest.raises(ValueError, match="no"):
            exchange([(beside, tmp_path / "a"), (None, tmp_path / "c")], no)
    assert contents(tmp_path) == OLD


@pytest.mark.parametrize("refused", ["mkdir", "replace", "rename", "open"])
def test_a_drive_that_refuses_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    fill(tmp_path)

    def fails(*_: object, **__: object) -> Any:
        raise OSError(errno.EIO, "the drive is gone")

    with unfinished(tmp_path / "a") as beside:
        beside.write_text("new a")
        if refused == "open":
            monkeypatch.setattr(room.os, "link", fails)
            monkeypatch.setattr(room.shutil, "copyfile", fails)
        else:
            monkeypatch.setattr(Path, refused, fails)
        with pytest.raises(OSError, match="drive is gone"):
            exchange([(beside, tmp_path / "a")], lambda _held: None)
        monkeypatch.undo()
    if refused == "open":  # nothing could be put back, either: the next one can
        for held in tmp_path.glob(".*.held"):
            os.utime(held, (0, 0))
        recover(tmp_path)
    assert contents(tmp_path) == OLD


def test_who_creates_in_between_is_not_overwritten(tmp_path: Path) -> None:
    """Another program, which knows nothing of this way, writes while the place is empty."""
    fill(tmp_path)
    calls: list[str] = []

    def check(held: Path) -> None:
        calls.append((held / "a").read_text())
        if len(calls) == 1:
            (tmp_path / "a").write_text("theirs")
        elif calls[-1] == "theirs":
            raise ValueError("another's")

    with unfinished(tmp_path / "a") as beside:
        beside.write_text("new a")
        with pytest.raises(ValueError, match="another's"):
            exchange([(beside, tmp_path / "a")], check)
    assert calls == ["old a", "theirs"]
    assert contents(tmp_path) == {"a": "theirs", "a.kept": "old a", "b": "old b", "c": "old c"}


_OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.link", "os.rmdir", "shutil.rmtree")


def killed_at(folder: Path, last: int, job: Callable[[Path], None] = new) -> int:
    """The exchange in a process that is killed at one of its operations; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    done = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if event in _OPERATIONS and str(arguments[0]).startswith(str(folder)):
            done += 1
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    try:
        job(folder)
    except BaseException:
        os._exit(1)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="elsewhere no process can be split in two")
def test_killed_at_any_operation_all_is_old_or_all_is_new(tmp_path: Path) -> None:
    """Also the next program that writes there finds it so."""
    seen = []
    for last in range(1, 100):
        folder = tmp_path / f"{last}"
        folder.mkdir()
        fill(folder)
        code = killed_at(folder, last)
        clean_up(folder)
        recover(folder)
        clean_up(folder)
        seen.append(contents(folder))
        assert seen[-1] in (OLD, {"a": "new a", "b": "new b"}), last
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert last > 10 and OLD in seen and seen.count({"a": "new a", "b": "new b"}) > 1


def held_by(folder: Path, name: Callable[[str], str]) -> Path:
    """What a program left that ended in the middle."""
    held = folder / name(beside_name(".held"))
    (held / "new").mkdir(parents=True)
    (held / "new" / "a").write_text("new a")
    (held / "00").mkdir()
    (held / "00" / "a").write_text("old a")
    return held


def test_who_reads_a_folder_finds_what_a_crash_left(tmp_path: Path) -> None:
    """A scan that is held by no one any more is no scan without landmarks."""
    held = held_by(tmp_path, str)
    (held / "00" / "a").write_text("label,x,y,z\nPrn,1,2,3\n")
    for one in (held / "new", held / "00"):
        (one / "a").rename(one / "a.csv")
    os.utime(held, (0, 0))
    assert [one.labels for one in read_sets(tmp_path)] == [("Prn",)]


def test_what_another_machine_holds_comes_back_after_a_minute(tmp_path: Path) -> None:
    held = held_by(tmp_path, lambda name: ".palnet-00000000-1-" + name.rsplit("-", 1)[1])
    recover(tmp_path)
    assert held.exists() and not (tmp_path / "a").exists()
    clean_up(tmp_path)
    os.utime(held, (0, 0))
    clean_up(tmp_path)
    recover(tmp_path)
    assert contents(tmp_path) == {"a": "old a"}


def same_again(folder: Path) -> None:
    """An exchange in which one file stays as it is."""
    with unfinished(folder / "a") as a, unfinished(folder / "b") as b:
        a.write_text("new a")
        b.write_text("old b")
        exchange([(a, folder / "a"), (b, folder / "b"), (None, folder / "c")], lambda _held: None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="elsewhere no process can be split in two")
def test_a_file_that_stays_as_it_was_is_not_lost(tmp_path: Path) -> None:
    """Killed before the old file was moved, the one in place is no new one, though it says the same."""
    for last in range(1, 100):
        folder = tmp_path / f"{last}"
        folder.mkdir()
        fill(folder)
        code = killed_at(folder, last, same_again)
        clean_up(folder)
        recover(folder)
        clean_up(folder)
        assert contents(folder) in (OLD, {"a": "new a", "b": "old b"}), last
        if code == 0:
            break
    assert last > 10
