"""New files in place of old ones where several people may write: nothing is replaced that the writer does not know.

Shared drives have no locks that one can rely on and that end with a crash. What all of them have is renaming: of two
programs that rename a file away, one succeeds. So the old files are moved to a folder of the writer's own, looked at
there, and the new ones put in their places, where nothing may lie by now. What fails in between is put back; what a
crash leaves in such a folder is put back by whoever comes next (:func:`recover`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from .errors import OutputError
from .files import HELD, beside_name, check_replaceable, has_ended, is_this, owner_of

_NEW, _FILLING, _KEPT = "new", "filling", ".kept"
_TRIES, _PAUSE_S = 20, 0.05
_ours: set[Path] = set()
"""What this program holds now. What it holds no more, and could not put back, was on a drive that was gone."""
_LONGEST_S = 60.0
"""Files are held for a moment: who holds them for longer has ended, or finds that they are back in place."""


def exchange(new: Sequence[tuple[Path | None, Path]], check: Callable[[Path], None]) -> None:
    """Put new files in the place of old ones, see :func:`exchanged`."""
    with exchanged(new, check):
        pass


@contextlib.contextmanager
def exchanged(new: Sequence[tuple[Path | None, Path]], check: Callable[[Path], None]) -> Iterator[None]:
    """Put new files in the place of old ones, all of them or none.

    In the order of their names places are emptied, and filled from the last to the first: the first is there when all
    are.

    :param new: files and the places that they go to, all in one folder; None takes away what is at a place
    :param check: is given a folder that holds what was at the places, under the same names, and raises where that may
        not be replaced
    :raises OSError: they cannot be put there; what was there is there again, as it is after an error of ``check`` or
        of the context
    """
    new = sorted(new, key=lambda pair: pair[1].name)
    for _, place in new:
        check_replaceable(place)
    folder, names = new[0][1].parent, [place.name for _, place in new]
    recover(folder)
    _wait_for_others(folder, names)
    held = folder / beside_name(HELD)
    held.mkdir()
    _ours.add(held)
    try:
        (held / _NEW).mkdir()
        for beside, place in new:
            if beside is None:
                (held / _NEW / place.name).touch()
            else:
                _onto_disk(beside)
                beside.replace(held / _NEW / place.name)
        filled = [place.name for beside, place in new if beside is not None]
        for number in range(_TRIES):
            if _exchanged(held, names, filled, held / f"{number:02}", check):
                break
            time.sleep(_PAUSE_S)
        else:
            raise FileExistsError(errno.EEXIST, "another program writes there all the time")
        yield
    except BaseException:
        _ours.discard(held)
        _take_back(held)
        _put_back(held)
        raise
    _ours.discard(held)
    _remove(held)


def write_together(
    contents: Mapping[Path, str | bytes | None],
    keep: Collection[Path] = (),
    check: Callable[[Path], None] = lambda _held: None,
) -> None:
    """Write files that belong together, and their folder where there is none: all of them are new, or all as before.

    Of a table of points and the table of their labels, one new and one old would say what no one measured.

    :param contents: text, in UTF-8, or bytes by place, all in one folder; None takes away what is at a place
    :param keep: files that were read, and must not be replaced
    :param check: as of :func:`exchanged`
    :raises OutputError: they cannot be written, or would replace one of ``keep``, or what ``check`` raises
    """
    taken = {os.path.realpath(path) for path in keep}
    for place in contents:
        if os.path.realpath(place) in taken:
            raise OutputError(f"{place} would be replaced, and is what was read: name another output.")
    place = next(iter(contents))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as places:
            new: list[tuple[Path | None, Path]] = []
            for place, content in contents.items():
                beside = None if content is None else places.enter_context(unfinished(place))
                if beside is not None and content is not None:
                    # A file's name that is not in UTF-8 has marks that no text in UTF-8 holds.
                    text = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
                    beside.write_bytes(text)
                new.append((beside, place))
            exchange(new, check)
    except OSError as error:
        raise OutputError(f"{place} cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def unfinished(path: Path, ending: str = ".partial") -> Iterator[Path]:
    """A place beside ``path`` to write to; what :func:`exchange` has not taken from there goes at the end."""
    beside = path.with_name(beside_name(ending))
    try:
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def recover(folder: Path) -> None:
    """Put back what programs that are no more held of a folder's files; what cannot be put back stays."""
    with contextlib.suppress(OSError):
        for held in folder.glob(f".*{HELD}"):
            owner = owner_of(held)
            with contextlib.suppress(OSError):
                if owner and (
                    has_ended(owner)
                    or (is_this(owner) and held not in _ours)
                    or time.time() - held.stat().st_mtime > _LONGEST_S
                ):
                    _put_back(held)


def _exchanged(held: Path, names: list[str], filled: list[str], old: Path, check: Callable[[Path], None]) -> bool:
    """One try; False where another program was in between, and nothing is done yet."""
    old.mkdir()
    for name in names:
        _take(held.parent / name, old / name)
        _still_here(held)
    if _was_being_filled(old):
        return False
    check(old)
    # From now on, what is at a place is ours; before, it may be an old file that says the same.
    (held / _FILLING).touch()
    for name in reversed(filled):
        _still_here(held)
        try:
            _place(held / _NEW / name, held.parent / name)
        except FileExistsError:
            _take_back(held)
            return False
    return True


def _still_here(held: Path) -> None:
    """Let others see that who holds files is at work: of thousands, that may take long on a shared drive."""
    with contextlib.suppress(OSError):
        os.utime(held)


def _was_being_filled(old: Path) -> bool:
    """Whether files were taken from another program that was about to put them there; the rest is put back."""
    files = sorted(old.iterdir())
    if all(path.stat().st_size for path in files):
        return False
    for path in files:
        if path.stat().st_size:
            try:
                _place(path, old.parent.parent / path.name)
            except FileExistsError:
                _keep(path, old.parent.parent)
        path.unlink()
    return True


def _onto_disk(path: Path) -> None:
    """Wait until the disk has a file's content: else, after a power cut, it may have the name alone.

    :raises OSError: the disk is full, or broken
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _take(path: Path, to: Path) -> None:
    """Rename a file, if it is there; on Windows it may be open for a moment."""
    for left in reversed(range(_TRIES)):
        try:
            path.rename(to)
            return
        except FileNotFoundError:
            return
        except PermissionError:
            if not left:
                raise
            time.sleep(_PAUSE_S)


def _place(path: Path, to: Path) -> None:
    """Give a file a second place, whole and at once.

    :raises FileExistsError: something is there
    """
    try:
        os.link(path, to)
        return
    except FileExistsError:
        raise
    except OSError:  # a drive without second places for a file
        if not path.is_file():
            raise
    copy = path.with_name(path.name + ".copy")
    shutil.copyfile(path, copy)
    if os.name == "nt":
        copy.rename(to)  # fails there where something is
        return
    # An empty file in between is no one's work, should the program end here.
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    copy.replace(to)


def _put_back(held: Path) -> None:
    """Put what is held where it was, unless what should take its place is there; end the holding.

    :raises OSError: that is not possible; it stays where it is
    """
    folder, fresh = held.parent, held / _NEW
    new = [path for path in fresh.iterdir() if path.stat().st_size] if fresh.is_dir() else []
    if not new or not all(_same(path, folder / path.name) for path in new):
        _take_back(held)
        for old in sorted((path for path in held.iterdir() if path != fresh and path.is_dir()), reverse=True):
            for path in sorted(old.iterdir()):
                try:
                    _place(path, folder / path.name)
                except FileExistsError:
                    _keep(path, folder)
    _remove(held)


def _take_back(held: Path) -> None:
    """Take what is new from its places again."""
    if not (held / _FILLING).exists():
        return
    for path in (held / _NEW).iterdir() if (held / _NEW).is_dir() else ():
        place = held.parent / path.name
        if path.stat().st_size and _same(path, place):
            place.unlink(missing_ok=True)
    (held / _FILLING).unlink()


def _keep(path: Path, folder: Path) -> None:
    """Keep a file whose place is taken under another name, unless it is the same."""
    if _same(path, folder / path.name):
        return
    for number in range(1, 1000):
        with contextlib.suppress(FileExistsError):
            _place(path, folder / f"{path.name}{_KEPT}{number if number > 1 else ''}")
            return


def _same(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except FileNotFoundError:
        return False


def _remove(held: Path) -> None:
    # First of all the name that says that it is to be put back; what is left has no use.
    gone = held.with_name(held.name.removesuffix(HELD) + ".gone")
    try:
        held.rename(gone)
    except OSError:
        gone = held
    try:
        shutil.rmtree(gone, ignore_errors=True)
    except BaseException:  # someone stops the program just then
        shutil.rmtree(gone, ignore_errors=True)
        raise


def _wait_for_others(folder: Path, names: list[str]) -> None:
    """Wait while others hold these files, for as long as that usually takes and a little more."""
    for _ in range(_TRIES):
        with contextlib.suppress(OSError):
            if not any(any(folder.glob(f".*{HELD}/*/{_escaped(name)}")) for name in names[:1]):
                return
        time.sleep(_PAUSE_S / 5)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
