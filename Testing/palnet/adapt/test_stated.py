"""What a convention states: no less than scans left out showed; which shifts are worth it; what cannot be followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from adapting import face_model, marked_by, predicted, scan_of
from palnet.adapt.apply import Adapter
from palnet.adapt.convention import Convention, LandmarkShift, said, said_of_own
from palnet.adapt.file import from_text, to_text
from palnet.adapt.learn import _helps, learn
from palnet.adapt.marked import MarkedScan
from palnet.scans.surface import polydata_from_arrays

LABELS = face_model().protocol.labels
GN, PRN, SN = (LABELS.index(label) for label in ("Gn", "Prn", "Sn"))


def _off_the_skin(seed: int) -> MarkedScan:
    """Prn is placed 3 mm before the tip of the nose, and a point of the person's own 4 mm before it."""
    prediction, surface, _ = scan_of(seed, noise_mm=0.0)
    rng = np.random.default_rng(seed)
    shift = rng.normal(0, 0.1, (len(LABELS), 3))
    shift[PRN] += [0.0, 0.0, 3.0]
    scan = marked_by(prediction, shift)
    air = marked_by(prediction, np.tile([0.0, 0.0, 4.0], (len(LABELS), 1))).points[[PRN]]
    return MarkedScan(prediction, (*scan.labels, "air"), np.vstack([scan.points, air]), surface)


@pytest.fixture(scope="module")
def off_the_skin() -> Convention:
    return from_text(to_text(learn([_off_the_skin(k) for k in range(5)], face_model())))


def test_a_landmark_that_is_placed_off_the_surface_does_not_follow_and_says_so(off_the_skin: Convention) -> None:
    prn, sn = off_the_skin.landmarks[PRN], off_the_skin.landmarks[SN]
    assert not prn.used and prn.off == pytest.approx(3.0, abs=0.4)
    assert "mm off the surface, and landmarks are put onto it only" in said(prn)
    assert sn.off < 0.5 and "off the surface" not in said(sn)
    (own,) = off_the_skin.own
    assert own.off == pytest.approx(4.0, abs=0.5) and "4." in said_of_own(own).rsplit(";", 1)[1]
    assert off_the_skin.off_surface == (prn, own)


def _by_hand(hand_mm: float, expected_mm: float, seeds: range) -> list[MarkedScan]:
    """Persons with a large habit at Gn and a hand of so many mm, on scans of which the model thinks better."""
    scans = []
    for seed in seeds:
        prediction = replace(
            predicted(seed),
            expected_error=np.full(len(LABELS), expected_mm),
            range_mm=np.full(len(LABELS), 2 * expected_mm),
        )
        shift = np.zeros((len(LABELS), 3))
        shift[GN] = [0.0, -12.0, 0.0] + np.random.default_rng(seed).normal(0, hand_mm, 3)
        scans.append(marked_by(prediction, shift))
    return scans


@pytest.mark.parametrize("expected_mm", [0.3, 1.0, 3.0])
def test_what_is_stated_is_never_below_what_the_scans_left_out_showed(expected_mm: float) -> None:
    """Also on a scan on which the model is surer than it was on those."""
    convention = learn(_by_hand(3.0, expected_mm, range(8)), face_model())
    gn = convention.landmarks[GN]
    assert gn.used and gn.after > 2.0 and gn.reach > gn.after
    for sure in (0.5, 1.0):
        prediction = scan_of(20)[0]
        prediction = replace(
            prediction,
            expected_error=np.full(len(LABELS), sure * expected_mm),
            range_mm=np.full(len(LABELS), 2 * sure * expected_mm),
        )
        surface = scan_of(20)[1]
        mesh = polydata_from_arrays(surface.points, surface.triangles)
        after = Adapter(convention, face_model()).apply(prediction, mesh)
        assert after.expected_error[GN] >= gn.after and after.range_mm[GN] >= gn.reach
        others = np.arange(len(LABELS)) != GN
        assert np.array_equal(after.range_mm[others], prediction.range_mm[others])


@pytest.mark.parametrize(
    ("before_mm", "left_mm", "helps"),
    [(2.93, 2.92, False), (0.3, 0.26, False), (0.3, 0.24, True), (2.93, 2.86, False), (2.93, 2.80, True)],
)
def test_only_what_is_worth_it_is_followed(before_mm: float, left_mm: float, helps: bool) -> None:
    """However sure it is, a hundredth of a millimetre is no help."""
    before, left = np.full((7, 1), before_mm), np.full((7, 1), left_mm)
    assert _helps(before, left, np.array([0]), np.array([0.99])).tolist() == [helps]


def test_a_file_from_before_stays_what_it_was() -> None:
    """Its checksum tells a batch whether to make its results anew."""
    landmarks = tuple(LandmarkShift(label) for label in LABELS)
    text = to_text(Convention("face50", face_model().name, face_model().checksum, 3, "2026-11-29", landmarks))
    assert "range_90_mm" not in text and "off_surface_mm" not in text
    assert to_text(from_text(text)) == text
