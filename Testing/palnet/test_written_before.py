"""What the version without rooms wrote is read as it was meant."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from palnet.batch.batch import Batch, Fate, Settings, run_batch
from palnet.batch.files import find_scans
from palnet.exports.sets import read_sets
from palnet.pipeline.model import Model
from palnet.review.record import Review, State

BEFORE = Path(__file__).parent / "written_before"


def test_a_batch_goes_on(sample: Path, tmp_path: Path) -> None:
    """The scan is known to be done, by the record that the version before left beside its landmarks."""
    scans, results = tmp_path / "scans", tmp_path / "results"
    scans.mkdir()
    shutil.copy(sample, scans)
    shutil.copytree(BEFORE, results)
    record = json.loads((results / "batch" / "sample_face.batch.json").read_text(encoding="utf-8"))
    model = Model.find("face50")
    model.checksum = record["model_checksum"]
    batch = Batch(find_scans([scans], recursive=False), results, model)
    run_batch(batch, Settings(), lambda tasks, stop: iter(()), lambda step: None)
    assert batch.fates == {"sample_face": Fate.UNCHANGED}


def test_landmarks_and_record() -> None:
    (one,) = read_sets(BEFORE / "sample_face.mrk.json")
    review = Review.from_json((BEFORE / "sample_face.review.json").read_text(encoding="utf-8"))
    assert set(review.states) == {State.TO_CHECK} and one.labels == tuple(review.prediction.protocol.labels)
    np.testing.assert_allclose(one.points, review.points, atol=1e-9)
