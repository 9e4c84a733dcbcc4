"""A review, as the tests of this room have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of


class Changes:
    """Counts what a session tells."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def session(model: Any, prediction: Prediction) -> Iterator[ReviewSession]:
    opened = ReviewSession(landmarks_of(model, prediction), Changes())
    yield opened
    opened.close()
