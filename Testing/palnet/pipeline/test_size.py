"""Scans of any size: units by name and length, a known distance, and no unit at all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import NoFaceError, ScanError
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata
from palnet.units import is_relative, mm_per_unit, unit_in_words, unit_of_size


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("cm", "cm"),
        (unit_of_size(0.913946871789), "0.913947 mm"),
        (unit_of_size(0.00351234567, relative=True), "0.00351235 relative mm"),
    ],
)
def test_a_unit_is_said_in_as_many_digits_as_anyone_knows(unit: str, said: str) -> None:
    assert unit_in_words(unit) == said


@pytest.fixture(scope="module")
def scan(sample: Path) -> Surface:
    return surface_from_polydata(read_surface(sample))


@pytest.fixture(scope="module")
def found(predictor: Predictor, scan: Surface) -> Prediction:
    return predict(predictor, scan, 1.0, "mm")


def predict(predictor: Predictor, scan: Surface, mm: float, unit: str) -> Prediction:
    """Landmarks of the scan in a file of which one unit is so many mm."""
    return predictor.predict_surface(polydata_from_arrays(scan.points / mm, scan.triangles), unit)


def apart(prediction: Prediction, first: str, second: str) -> float:
    labels = list(prediction.protocol.labels)
    return float(np.linalg.norm(prediction.points[labels.index(first)] - prediction.points[labels.index(second)]))


@pytest.mark.parametrize("unit", ["inch", "foot", "dm", "um", "0.8 mm"])
def test_unit_that_is_told(predictor: Predictor, scan: Surface, found: Prediction, unit: str) -> None:
    here = predict(predictor, scan, mm_per_unit(unit), unit)
    assert here.unit == unit
    # Rounded otherwise, a point may be thinned out or not: another sample of the same surface.
    assert np.nanmean(np.linalg.norm(here.points * mm_per_unit(unit) - found.points, axis=1)) < 0.3
    scale = np.cbrt(np.linalg.det(here.face_from_scan[:3, :3]))
    assert scale == pytest.approx(mm_per_unit(unit), rel=1e-6)


def test_unit_that_no_one_knows(predictor: Predictor, scan: Surface, found: Prediction) -> None:
    here = predict(predictor, scan, 371.0, "unknown")
    assert is_relative(here.unit) and "not known" in here.warnings[0]
    # On the surface they lie where they lie with the unit, but for how a face of another size is looked at.
    assert np.nanmean(np.linalg.norm(here.points * 371.0 - found.points, axis=1)) < 0.6
    ratio = apart(here, "Ex_R", "Ex_L") / apart(here, "N", "Gn")
    assert ratio == pytest.approx(apart(found, "Ex_R", "Ex_L") / apart(found, "N", "Gn"), rel=0.02)


def test_sizes_that_are_not_likely_are_not_looked_at_closely(
    predictor: Predictor, scan: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten sizes once cost forty looks; a look is most of what a scan costs."""
    real, looks = predictor.looker.look, []
    monkeypatch.setattr(predictor.looker, "look", lambda *given, **named: looks.append(given) or real(*given, **named))
    predict(predictor, scan, 371.0, "unknown")
    assert len(looks) < 8


@pytest.mark.parametrize("pair", ["Ex_R Ex_L", "exocanthion right EX L"])
def test_known_distance(predictor: Predictor, scan: Surface, found: Prediction, pair: str) -> None:
    mm = apart(found, "Ex_R", "Ex_L")
    here = predict(predictor, scan, 0.7, f"{pair} {mm:.6f}")
    assert apart(here, "Ex_R", "Ex_L") * mm_per_unit(here.unit) == pytest.approx(mm, rel=0.003)
    assert mm_per_unit(here.unit) == pytest.approx(0.7, rel=0.02)
    assert not is_relative(here.unit)
    assert np.nanmean(np.linalg.norm(here.points * 0.7 - found.points, axis=1)) < 0.6


def test_size_of_a_child_is_said(predictor: Predictor, scan: Surface, found: Prediction) -> None:
    assert not any("child" in warning for warning in found.warnings)
    small = predict(predictor, scan, 1.0 / 0.75, "mm")
    said = next(warning for warning in small.warnings if "child" in warning)
    assert f"{apart(small, 'Ex_R', 'Ex_L'):.0f} mm apart" in said and "--distance" in said


def test_refusal_says_the_size_and_the_ways(predictor: Predictor, scan: Surface) -> None:
    with pytest.raises(NoFaceError) as caught:
        predict(predictor, scan, 25.4, "auto")
    size = np.linalg.norm(np.ptp(scan.points, axis=0)) / 25.4
    said = re.search(r"It is ([\d.]+) units of its file across", str(caught.value))
    assert said and float(said[1]) == pytest.approx(size, rel=0.1)  # without loose fragments
    for word in ("inch", "--scale", "--distance", "unknown"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "unit", ["Ex_R Nowhere 89", "exocanthion right Nowhere 89", "Ex_R Ex_R 89", "Ex_R Ex_L 0", "Ex_R Ex_L many"]
)
def test_distance_that_is_none(predictor: Predictor, scan: Surface, unit: str) -> None:
    with pytest.raises(ScanError, match="landmark"):
        predict(predictor, scan, 1.0, unit)
