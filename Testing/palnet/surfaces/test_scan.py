"""The surface right after the landmarks: what was prepared for them is not prepared again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from palnet.pipeline.predictor import Predictor
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface
from palnet.surfaces import target
from palnet.surfaces.scan import predicted_surface


def test_what_was_cleaned_for_the_landmarks_is_not_cleaned_again(
    predictor: Predictor, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[Surface] = []
    really = target.clean_and_thin

    def cleaning(surface: Surface, spacing: float) -> tuple[Surface, bool]:
        cleaned.append(surface)
        return really(surface, spacing)

    monkeypatch.setattr(target, "clean_and_thin", cleaning)
    mesh = read_surface(sample)
    found = predictor.predict_surface(mesh)
    first = predicted_surface(found, mesh)
    assert not cleaned
    # Another time, by a person's landmarks, nothing is there of it: the surface is the same but for specks.
    later = predicted_surface(found, read_surface(sample))
    assert len(cleaned) == 1
    shown = ~(first.missing | later.missing)
    assert shown.mean() > 0.5 and (first.missing != later.missing).mean() < 0.01
    assert np.linalg.norm(first.points - later.points, axis=1)[shown].mean() < 0.02
