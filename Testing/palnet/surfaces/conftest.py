"""What the tests of surfaces share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from palnet.scans.surface import Surface
from template_faces import template_person


@pytest.fixture(scope="session")
def person() -> Callable[[int], tuple[Surface, np.ndarray, np.ndarray]]:
    """Gives the scan of a person, the true points (N, 3), and the landmarks (L, 3), mm."""
    return template_person
