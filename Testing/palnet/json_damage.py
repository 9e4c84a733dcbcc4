"""JSON with single values changed: texts that can be read, and say what no program would have written."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from adapting import convention
from batches import prediction
from palnet.adapt.file import read_convention, to_text
from palnet.batch.files import Record, write_record
from palnet.errors import PalnetError
from palnet.evaluation.stored_predictions import ENDING, read_prediction
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Protocol
from palnet.resources import resource
from palnet.review.list import ReviewList
from palnet.review.record import Review, State
from palnet.review.words import describe
from palnet.training.config import TrainingConfig

VALUES: list[Any] = [None, True, False, "", "x", "NaN", -1, 0, 1, 2.5, 1e308, -1e308, 10**400, float("nan")]
VALUES += [float("inf"), [], {}, [[]], [None], [1, 2, 3], {"a": 1}]


def changed(good: Any, rng: random.Random) -> str:
    """The data as JSON text, with one to three of its values changed, taken away, doubled or put elsewhere."""
    data = copy.deepcopy(good)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        places = list(_places(data))
        if not places:
            break
        holder, key = rng.choice(places)
        kind = rng.randrange(6)
        if kind < 3:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
        elif kind == 3:
            del holder[key]
        elif kind == 4 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            other, name = rng.choice(places)
            holder[key] = copy.deepcopy(other[name])
    return json.dumps(data)


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """What holds a value and its key, for all values at any depth."""
    parts = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    for key, value in parts:
        yield data, key
        yield from _places(value)


def _use_record(path: Path) -> None:
    """What the list, the tables and a saving do with a record."""
    review = Review.read(path)
    assert not review.differences(Review.from_json(review.to_json()))
    assert not (review.prediction.expected_error < 0).any() and 0 < review.mm_per_unit < np.inf
    ReviewList(review, None)
    for index in range(len(review.states)):
        describe(review, index)
    review.decide([0], State.MISSING).to_json()


def _use_prediction(path: Path) -> None:
    path.replace(path.with_name(f"changed{ENDING}"))
    said = read_prediction(path.parent, "changed")
    if isinstance(said, Prediction):
        json.dumps(said.to_json(), allow_nan=False)


def _good() -> dict[str, tuple[Any, Callable[[Path], object]]]:
    """By kind of file: its data, and what uses it."""
    review = Review.begin("a", prediction()).decide([0], State.ACCEPTED)
    review = review.decide([1], State.CORRECTED, np.array([[1.0, 2.0, 3.0]]))
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "a.batch.json"
        write_record(Record("a.ply", "1", "face50", "2", "mm", 1.5), noted)
        batch = json.loads(noted.read_text())
    settings = json.loads(resource("training/own.json").read_text(encoding="utf-8"))
    protocol = json.loads(resource("protocols/face50.json").read_text(encoding="utf-8"))
    return {
        "record of a review": (json.loads(review.to_json()), _use_record),
        "convention": (json.loads(to_text(convention())), lambda path: to_text(read_convention(path))),
        "protocol": (protocol, Protocol.load),
        "settings of a training": (settings, TrainingConfig.load),
        "stored prediction": (prediction().to_json(), _use_prediction),
        "record of a batch": (batch, Record.read),
    }


GOOD = _good()


def fuzz(kind: str, folder: Path, count: int) -> int:
    """Use so many changed files of a kind; how many were refused. All others are used without an error.

    :raises AssertionError: what is said of one is no sentence for a person
    """
    good, use = GOOD[kind]
    rng, refused = random.Random(kind), 0
    path = folder / "changed.json"
    for _ in range(count):
        path.write_text(changed(good, rng))
        try:
            use(path)
        except PalnetError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 700, str(error)
    return refused
