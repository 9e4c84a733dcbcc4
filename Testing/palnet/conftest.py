"""What the engine's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from palnet.errors import PalnetError
from palnet.pipeline.predictor import Predictor
from palnet.population.heads import Population
from palnet.resources import resource


@pytest.fixture(scope="session")
def population(data: Callable[[str], Path]) -> Population:
    """Heads of the ICT Face Model."""
    return Population(data("ict-facekit"))


@pytest.fixture(scope="session")
def predictor() -> Predictor:
    """The bundled model, loaded."""
    try:
        resource("models/face50.palnet")
    except PalnetError as error:
        pytest.skip(str(error))
    return Predictor.load("face50")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The bundled sample scan."""
    found = sorted(resource("samples").glob("*.ply"))
    if not found:
        pytest.skip("there is no sample scan in Resources/samples")
    return found[0]
