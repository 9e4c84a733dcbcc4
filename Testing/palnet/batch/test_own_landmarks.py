"""Landmarks of a person's own, which a convention predicts, in a batch's tables like the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from batches import Engine, prediction, run, scans
from palnet.adapt.apply import with_own
from palnet.adapt.convention import OwnLandmark
from palnet.batch.tables import point_rows, quality_row, scan_state
from palnet.batch.task import Outcome, Task
from palnet.exports.sets import read_sets
from palnet.review.persons_work import is_persons


class WithOwn(Engine):
    """Places a landmark of the person's own, too."""

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
        plain, mine = prediction(), OwnLandmark("mine", 5, "spline", (30.0, 0.0, 0.0), error=1.5, reach=3.0)
        own = np.full(plain.points.shape, np.nan)
        own[0] = [9.0, 9.0, 9.0]
        found = replace(
            plain,
            protocol=with_own(plain.protocol, (mine,)),
            points=np.vstack([plain.points, [5.0, 6.0, 7.0]]),
            expected_error=np.append(plain.expected_error, 1.5),
            presence=np.append(plain.presence, 1.0),
            range_mm=np.append(plain.range_mm, 3.0),
            convention_mm=np.append(plain.convention_mm, np.nan),
            convention="c" * 64,
            unshifted=np.vstack([own, [np.nan] * 3]),
        )
        for index, outcome in super().__call__(tasks, stop):
            yield index, replace(outcome, prediction=found.to_json())


def test_they_are_in_the_tables_and_no_persons_work(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", face="1"), tmp_path / "out"
    batch, _ = run(folder, output, WithOwn())
    markups = batch.items[0].markups(output)
    assert not is_persons(markups)
    state = scan_state(batch, batch.items[0])
    row = point_rows(state, batch.model.protocol)[-1]
    assert (row["label"], row["name"], row["x"], row["state"]) == ("mine", "mine", "5.0000", "predicted")
    assert (row["expected_error_mm"], row["range_90_mm"]) == (1.5, 3.0)
    assert quality_row(state)["landmarks"] == 5
    assert read_sets(markups)[0].labels[-1] == "mine"
    assert state.review is not None and state.review.prediction.unshifted[0].tolist() == [9.0, 9.0, 9.0]
