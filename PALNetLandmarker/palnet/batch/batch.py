"""Landmark many scans: each result is on disk as soon as it is there, and the next run does only what is to be done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np

from ..adapt.convention import Convention
from ..adapt.file import checksum as checksum_of
from ..adapt.file import to_text
from ..errors import OutputError, PersonsWorkError, ProtocolError, sentence_of
from ..exports.predicted import write_predicted
from ..files import set_aside, whole_file
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction
from ..review.persons_work import check_no_persons, is_persons
from ..review.record import Review
from ..scans.file import is_volume, scan_stem
from ..scans.skin_file import skin_beside
from ..surfaces.files import surface_beside
from .files import FITTED, Item, Record, checksum, write_record
from .replace import Write, belonging, replaced_landmarks
from .task import Outcome, Task
from .workers import Stop

Run = Callable[[Sequence[Task], Stop], Iterator[tuple[int, Outcome]]]
"""Does tasks somewhere; gives the index of each and its outcome, as they are done."""


class Fate(str, Enum):
    """What became of a scan in a run."""

    LANDMARKED = "landmarked"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True)
class Settings:
    """How scans are landmarked.

    :ivar model: name of a bundled model, or path of a file; :ivar unit: of the scans, or ``"auto"``
    :ivar surface: whether their corresponding surfaces are wanted, too, :ivar skin: whether the skin of volumes is
    :ivar convention: to be followed
    """

    model: str = "face50"
    unit: str = "auto"
    surface: bool = False
    skin: bool = False
    convention: Convention | None = None

    @property
    def convention_checksum(self) -> str:
        """That records name the convention by; empty without one."""
        return checksum_of(self.convention) if self.convention else ""


@dataclass(frozen=True)
class Step:
    """A scan is done.

    :ivar done: how many are, of ``total``; :ivar left_s: seconds to the end as it looks; None where that is not known
    :ivar review: the landmarks, as they were predicted; None where there are none, or they were there before
    :ivar error: why there are none, or what is to be said of those that were kept; :ivar seconds: that the scan took
    """

    item: Item
    fate: Fate
    done: int
    total: int
    left_s: float | None = None
    review: Review | None = None
    error: str = ""
    seconds: float = 0.0


@dataclass
class Batch:
    """What a run did.

    :ivar fates: of the scans by the names of their results; those that are not in it were not done
    :ivar errors: of those that failed
    :ivar remarks: on landmarks that were kept, where they may not be of the scan as it is
    :ivar stopped: before all were done
    """

    items: Sequence[Item]
    output: Path
    model: Model
    fates: dict[str, Fate] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    stopped: bool = False

    def count(self, *fates: Fate) -> int:
        """How many scans had one of these fates."""
        return sum(fate in fates for fate in self.fates.values())


def run_batch(
    batch: Batch,
    settings: Settings,
    run: Run,
    on_step: Callable[[Step], None],
    stop: Stop = lambda: False,
    write: Write | None = None,
) -> None:
    """Landmark what has no landmarks yet, or has changed since: the scan, the model, the unit, or the convention.

    Landmarks that a person, or another program, placed or changed are kept as they are. A scan that fails costs itself
    only. What was done is in ``batch``, also after an exception such as ``KeyboardInterrupt``.

    :param batch: with nothing done yet
    :param run: where the work is done, :param write: by default as Slicer's files are, but for their looks
    :param on_step: called after each scan
    :param stop: asked every now and then whether to stop
    """
    batch.stopped = True
    to_do: list[Item] = []
    for item in batch.items:
        if stop():
            return
        try:
            fate, error = _before(item, batch, settings)
        except Exception as problem:  # one scan must not cost the run
            fate, error = Fate.FAILED, sentence_of(problem, f"{item.scan} could not be landmarked")
        if fate is None:
            to_do.append(item)
        else:
            _note(batch, Step(item, fate, 0, 0, error=error), on_step)
    convention = to_text(settings.convention) if settings.convention else ""
    asked = (settings.model, batch.model.checksum, settings.unit, settings.surface, settings.skin, convention)
    tasks = [Task(str(item.scan.absolute()), *asked) for item in to_do]
    started = time.monotonic()
    done = run(tasks, stop) if tasks else iter(())
    for number, (index, outcome) in enumerate(done, 1):
        item = to_do[index]
        left = (time.monotonic() - started) / number * (len(tasks) - number)
        try:
            if is_persons(item.markups(batch.output)):  # someone placed landmarks in the meantime
                _note(batch, Step(item, Fate.KEPT, 0, 0, left), on_step)
                continue
            review = store(batch, settings, item, outcome, write or write_predicted)
        except PersonsWorkError:
            step = Step(item, Fate.KEPT, 0, 0, left)
        except Exception as error:  # one scan must not cost the run
            said = sentence_of(error, f"The results of {item.scan} cannot be written")
            step = Step(item, Fate.FAILED, 0, 0, left, error=said, seconds=outcome.seconds)
        else:
            fate = Fate.FAILED if review is None else Fate.LANDMARKED
            step = Step(item, fate, 0, 0, left, review, outcome.error, outcome.seconds)
        _note(batch, step, on_step)
    batch.stopped = len(batch.fates) < len(batch.items)


def _note(batch: Batch, step: Step, on_step: Callable[[Step], None]) -> None:
    batch.fates[step.item.name] = step.fate
    if step.fate is Fate.FAILED:
        batch.errors[step.item.name] = step.error
    elif step.error:
        batch.remarks[step.item.name] = step.error
    counted = {**step.__dict__, "done": len(batch.fates), "total": len(batch.items)}
    on_step(Step(**counted))


def _before(item: Item, batch: Batch, settings: Settings) -> tuple[Fate | None, str]:
    """What is known of a scan without landmarking it; None where it is to be done.

    :returns: also why it failed, or what is to be said of landmarks that are kept
    """
    if item.problem:
        return Fate.FAILED, item.problem
    path = item.markups(batch.output)
    record = Record.read(item.record(batch.output))
    if is_persons(path):
        return Fate.KEPT, _remark(item, record)
    if record is None or not record.scan_checksum:
        return None, ""
    asked = (batch.model.checksum, settings.unit, settings.convention_checksum)
    if (record.model_checksum, record.unit, record.convention) != asked:
        return None, ""
    if not record.error and not path.exists():
        return None, ""
    if settings.surface and not record.error:
        gone = not all(map(Path.exists, surface_beside(path)))
        if not record.surface or (record.surface == FITTED and gone):
            return None, ""
    if settings.skin and not record.error and is_volume(item.scan) and not skin_beside(path).exists():
        return None, ""
    if checksum(item.scan) != record.scan_checksum:
        return None, ""
    return (Fate.FAILED, record.error) if record.error else (Fate.UNCHANGED, "")


def _remark(item: Item, record: Record | None) -> str:
    """What is to be said of a person's landmarks that were begun on another file than the scan is now."""
    if record is None or not record.scan_checksum or checksum(item.scan) == record.scan_checksum:
        return ""
    if Path(record.scan).absolute() == item.scan.absolute():
        return "the scan has changed since they were placed: check them on it, or move them away"
    return f"they were placed on another file, {record.scan}: check them on this scan, or move them away"


def store(batch: Batch, settings: Settings, item: Item, outcome: Outcome, write: Write) -> Review | None:
    """Write what came of a scan. What is there of an earlier run goes when all that takes its place is written.

    :returns: the landmarks with nothing decided; None where there are none
    :raises OutputError: something cannot be written; what was there stays
    """
    path, output = item.markups(batch.output), batch.output
    picture, noted = item.picture(output), item.record(output)
    review = _review(item, outcome)
    if review is None and not outcome.checksum and path.exists():
        return None  # it failed for now, and another try may succeed
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as places:
            partial = places.enter_context(whole_file(noted))
            write_record(_record(batch, settings, item, outcome), partial)
            if outcome.picture:
                places.enter_context(whole_file(picture)).write_bytes(outcome.picture)
            # From the last to the first all take their places. The landmarks go before, and come after their record:
            # a run that is killed in between leaves nothing that looks like a person's work.
            # A surface goes with the landmarks that it was fitted by; where it lacks, the next run makes it.
            beside = belonging(path) if review is None else belonging(path, outcome.surface, outcome.skin)
            landmarks = replaced_landmarks(path, review, check_no_persons, scan_stem(item.scan), write, beside)
            with set_aside(picture), set_aside(noted), landmarks:
                places.close()
    except OSError as error:
        raise OutputError(sentence_of(error, f"The results of {item.scan} cannot be written")) from error
    return review


def _record(batch: Batch, settings: Settings, item: Item, outcome: Outcome) -> Record:
    model = batch.model
    surface, said = outcome.surface, outcome.surface_error
    return Record(
        *(str(item.scan), outcome.checksum, model.name, model.checksum),
        *(settings.unit, outcome.seconds, outcome.error),
        surface=said if surface is None else FITTED,
        surface_missing=0 if surface is None else int(surface.missing.sum()),
        surface_expected_mm=0.0 if surface is None else float(np.median(surface.expected)),
        convention=settings.convention_checksum,
    )


def _review(item: Item, outcome: Outcome) -> Review | None:
    if outcome.prediction is None:
        return None
    try:
        return Review.begin(scan_stem(item.scan), Prediction.from_json(outcome.prediction))
    except (ValueError, KeyError, TypeError, OverflowError, ProtocolError) as error:
        raise OutputError(f"What was found on {item.scan} cannot be read: {error}.") from error
