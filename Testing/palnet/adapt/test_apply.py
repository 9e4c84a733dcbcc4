"""A convention on a scan: shifted, back on the surface, with the model's own place kept; and landmarks of one's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from adapting import OWN, face_model, marked_by, scan_of
from palnet.adapt.apply import Adapter, with_own
from palnet.adapt.carry import BySurface
from palnet.adapt.convention import Convention, LandmarkShift, OwnLandmark
from palnet.adapt.file import checksum, from_text, to_text
from palnet.adapt.learn import learn
from palnet.adapt.marked import MarkedScan
from palnet.measures.measurements import Measurer
from palnet.measures.tables import asymmetry_rows
from palnet.pipeline.prediction import Prediction
from palnet.protocols.symmetry import midsagittal_plane
from palnet.review.list import ReviewList
from palnet.review.record import Review
from palnet.scans.surface import closest_on_surface, polydata_from_arrays
from palnet.surfaces.template import face_template

LABELS = face_model().protocol.labels
GN, PRN = LABELS.index("Gn"), LABELS.index("Prn")


def marked(seed: int, unit_mm: float = 1.0) -> MarkedScan:
    """A person who places Gn 5 mm lower, and landmarks of their own."""
    prediction, surface, own = scan_of(seed, unit_mm)
    shift = np.zeros((len(LABELS), 3))
    shift[GN] = [0.0, -5.0, 0.0]
    scan = marked_by(prediction, shift)
    points = closest_on_surface(surface, np.vstack([scan.points, *own.values()]))[0]
    return MarkedScan(prediction, (*scan.labels, *own), points, surface)


@pytest.fixture(scope="module")
def learned() -> Convention:
    """From five scans, read back from the file."""
    return from_text(to_text(learn([marked(k, (1.0, 10.0)[k % 2]) for k in range(5)], face_model())))


@pytest.mark.parametrize("unit_mm", [1.0, 1000.0])
def test_landmarks_go_where_the_person_has_them(learned: Convention, unit_mm: float) -> None:
    assert [one.label for one in learned.used] == ["Gn"]
    scan = marked(11, unit_mm)
    assert scan.surface is not None
    mesh = polydata_from_arrays(scan.surface.points, scan.surface.triangles)
    before = scan.prediction
    after = Adapter(learned, face_model()).apply(before, mesh)
    off = np.linalg.norm(after.points - scan.points, axis=1) * unit_mm
    assert off[GN] < 1.0
    assert (closest_on_surface(scan.surface, after.points)[1] * unit_mm < 1e-3).all()
    others = np.arange(len(LABELS)) != GN
    for name in ("points", "expected_error", "range_mm", "convention_mm"):
        assert np.array_equal(getattr(after, name)[: len(LABELS)][others], getattr(before, name)[others])
    assert np.array_equal(after.unshifted[GN], before.points[GN]) and after.shifted.sum() == 1
    assert np.array_equal(after.model_points[: len(LABELS)], before.points)
    assert after.expected_error[GN] < before.expected_error[GN] and after.range_mm[GN] < before.range_mm[GN]
    assert after.convention == checksum(learned)
    assert Prediction.from_json(after.to_json()).to_json() == after.to_json()
    # Landmarks of one's own stand behind, with an expected error from five scans on.
    assert after.protocol.labels[len(LABELS) :] == list(OWN)
    assert (off[len(LABELS) :] < 2.0).all()
    assert (after.expected_error[len(LABELS) :] < 2.0).all()


def test_who_changes_nothing_gets_the_same_landmarks() -> None:
    prediction, surface, _ = scan_of(3)
    landmarks = tuple(LandmarkShift(label) for label in LABELS)
    nothing = Convention("face50", face_model().name, face_model().checksum, 3, "2026-11-29", landmarks)
    after = Adapter(nothing, face_model()).apply(prediction, polydata_from_arrays(surface.points, surface.triangles))
    assert replace(after, convention="").to_json() == prediction.to_json()


def test_a_landmark_that_is_missing_stays_missing(learned: Convention) -> None:
    prediction, surface, _ = scan_of(4)
    points = prediction.points.copy()
    points[GN] = np.nan
    mesh = polydata_from_arrays(surface.points, surface.triangles)
    after = Adapter(replace(learned, own=()), face_model()).apply(replace(prediction, points=points), mesh)
    assert after.missing[GN] and not after.shifted[GN]


def test_own_landmarks_where_the_scan_has_a_hole_are_missing(learned: Convention) -> None:
    prediction, surface, own = scan_of(5)
    near = np.linalg.norm(surface.points - own["cheek_L"], axis=1) < 20.0
    holed = surface.triangles[~near[surface.triangles].any(axis=1)]
    after = Adapter(learned, face_model()).apply(prediction, polydata_from_arrays(surface.points, holed))
    assert after.missing[len(LABELS) :].tolist() == [True, False, False]


def test_from_three_scans_own_landmarks_are_predicted_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no template, as of skulls, by a spline."""
    monkeypatch.setattr(BySurface, "serves", staticmethod(lambda _model: False))
    scans = [marked(k) for k in range(3)]
    convention = learn(scans, face_model())
    assert [one.label for one in convention.own] == list(OWN)
    assert all(np.isnan(one.error) and (one.scans, one.carrier) == (3, "spline") for one in convention.own)
    two = [
        replace(scan, points=np.where(np.isin(scan.labels, ["aside"])[:, None], np.nan, scan.points)) for scan in scans
    ]
    assert [one.label for one in learn([scans[0], *two[1:]], face_model()).own] == ["cheek_L", "cheek_R"]
    mesh = polydata_from_arrays(*(getattr(scan_of(9)[1], name) for name in ("points", "triangles")))
    after = Adapter(convention, face_model()).apply(scan_of(9)[0], mesh)
    assert np.isnan(after.expected_error[-1]) and after.doubtful[-1]


def test_a_review_of_it_says_nothing_against_the_shift() -> None:
    """What usual faces look like is judged without the person's habit, and without landmarks of their own."""
    prediction, surface, _ = scan_of(6, noise_mm=0.0)
    shape = face_model().shape
    assert shape is not None
    usual = ReviewList(Review.begin("scan", prediction), shape).concerns
    far = tuple(LandmarkShift(label, label == "Prn", 5, 5, (0.0, 14.0, 0.0)) for label in LABELS)
    own = (OwnLandmark("mine", 3, "spline", (0.0, 0.0, 40.0)),)
    convention = Convention("face50", face_model().name, face_model().checksum, 5, "2026-11-29", far, own)
    after = Adapter(convention, face_model()).apply(prediction, polydata_from_arrays(surface.points, surface.triangles))
    review = Review.begin("scan", after)
    moved = np.linalg.norm(after.points[PRN] - prediction.points[PRN])
    assert moved > 7.0
    assert ReviewList(review, shape).concerns == usual
    assert Review.from_json(review.to_json()).prediction.shifted[PRN]


def test_a_landmark_aside_without_a_pair_does_not_turn_the_midline() -> None:
    prediction, _surface, own = scan_of(7)
    base = face_model().protocol
    entries = tuple(
        OwnLandmark(label, 3, "surface", tuple(face_template().surface.points[k])) for label, k in OWN.items()
    )
    protocol = with_own(base, entries)
    assert protocol.landmarks[-3].pair == "cheek_R" and protocol.landmarks[-1].side in ("left", "right")
    assert protocol.unpaired().tolist() == [False] * (len(LABELS) + 2) + [True]
    points = np.vstack([prediction.points, own["cheek_L"], own["cheek_R"], own["aside"]])
    alone = with_own(base, entries[2:])
    with_one = points[[*range(len(LABELS)), -1]]
    plane, usual = midsagittal_plane(with_one, alone), midsagittal_plane(prediction.points, base)
    assert plane is not None and usual is not None and np.allclose(plane.normal, usual.normal)
    rows = asymmetry_rows(["scan"], points[None], protocol, None)
    assert {row["landmark"] for row in rows} & set(OWN) == {"cheek_L"}
    assert Measurer(alone).values(with_one) == pytest.approx(Measurer(base).values(prediction.points), nan_ok=True)
