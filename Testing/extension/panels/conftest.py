"""What the tests of the tab Surface share."""

from __future__ import annotations

import pytest
from PALNetLandmarkerLib.panels import surface, surface_study
from surfaces import FakeEngine


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> type[FakeEngine]:
    FakeEngine.made = []
    for place in (surface, surface_study):
        monkeypatch.setattr(place, "SurfaceEngine", FakeEngine)
    return FakeEngine
