"""The sample scan and what the bundled model says of it, for all tests of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata


@pytest.fixture(scope="session")
def scan(sample: Path) -> Surface:
    return surface_from_polydata(read_surface(sample))


@pytest.fixture(scope="session")
def prediction(predictor: Predictor, sample: Path) -> Prediction:
    return predictor.predict_file(sample)
