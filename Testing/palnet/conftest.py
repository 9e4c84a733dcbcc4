"""What the engine's tests share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from palnet.errors import PalnetError
from palnet.population import Population
from palnet.predictor import Predictor
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
    return Predictor.load("face50", "cpu")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The bundled sample scan."""
    found = sorted(resource("samples").glob("*.ply"))
    if not found:
        pytest.skip("there is no sample scan in Resources/samples")
    return found[0]


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder, and for the time of the test a user who may not read everything."""
    if not hasattr(os, "seteuid"):
        pytest.skip("Windows knows no such rights")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
