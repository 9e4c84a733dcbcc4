"""Maps of corresponding surfaces: known changes are found with their size, place and volume."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.errors import PalnetError
from palnet.exports.surfaces import NamedSurface
from palnet.measures.surface_change import STABLE, before_and_after, point_spread, told_apart, uncertainty
from palnet.rigid import apply, random_pose
from palnet.scans.surface import places_on_triangles, vertex_normals
from palnet.surfaces.maps import (
    Shift,
    asymmetry,
    asymmetry_by_region,
    by_region,
    laid_on,
    shift,
    together,
    volume_cc,
    whole_face,
)
from palnet.surfaces.template import face_template

FACE = face_template()
OWN = FACE.surface.points
NONE = np.zeros(len(OWN), bool)


def _bump(label: str, mm: float, way: np.ndarray | list[float]) -> np.ndarray:
    """(N, 3) the template with a bump of this height at a landmark."""
    at = FACE.landmarks_on(OWN)[FACE.labels.index(label)]
    height = np.exp(-((np.linalg.norm(OWN - at, axis=1) / 12) ** 2))
    return OWN + mm * height[:, None] * np.asarray(way)


def _named(points: np.ndarray, missing: np.ndarray = NONE) -> NamedSurface:
    return NamedSurface("a", points, missing, np.ones(len(points)))


def _row(rows: list[dict], region: str) -> dict:
    return next(row for row in rows if row["region"] == region)


@pytest.mark.parametrize("label, region", [("Prn", "nose"), ("Pg", "chin")])
def test_a_change_between_two_visits_is_found_whatever_the_pose(label: str, region: str) -> None:
    after = apply(random_pose(np.random.default_rng(1), 50, 200), _bump(label, 3.0, [0, 0, 1]))
    before = apply(random_pose(np.random.default_rng(2), 50, 200), OWN)
    change = before_and_after(_named(before), _named(after), FACE.in_region(STABLE), FACE)
    row = _row(by_region(change, FACE), region)
    assert row["forward_largest_mm"] == pytest.approx(3.0, abs=0.1)
    assert abs(_row(by_region(change, FACE), "forehead")["outward_largest_mm"]) < 0.05
    assert row["volume_cc"] > 0.1


def test_points_that_lie_elsewhere_along_a_still_forehead_turn_nothing() -> None:
    """By points, the chin would be said to have moved."""
    stable = FACE.in_region(STABLE)
    slid = OWN.copy()
    upwards = OWN[stable] + [0.0, 3.0, 0.0]
    corners, weights = places_on_triangles(FACE.surface, upwards)
    slid[stable] = np.einsum("lk,lkd->ld", weights, OWN[corners])
    chin = FACE.in_region(["chin"])
    change = before_and_after(_named(OWN), _named(slid), stable, FACE)
    assert np.abs(change.outward[chin]).max() < 0.15
    by_points = shift(OWN, laid_on(slid, OWN, stable), ~NONE, FACE)
    assert np.abs(by_points.outward[chin]).max() > 1.5


def test_volume_is_that_of_the_prism_between_two_surfaces() -> None:
    chosen = FACE.in_region(["chin"])
    change = shift(OWN, OWN + [0, 0, 2.0], ~NONE, FACE)
    inside = chosen[FACE.surface.triangles].all(axis=1)
    towards_front = 0.5 * FACE.surface.cross()[inside, 2].sum()
    assert volume_cc(change, FACE, chosen) == pytest.approx(2.0 * towards_front / 1000, rel=1e-9)


def test_missing_points_count_for_nothing() -> None:
    gone = FACE.in_region(["nose"])
    after = NamedSurface("b", _bump("Prn", 5.0, [0, 0, 1]), gone, np.ones(len(OWN)))
    rows = by_region(before_and_after(_named(OWN), after, FACE.in_region(STABLE), FACE), FACE)
    assert _row(rows, "nose")["shown"] == 0
    assert np.isnan(_row(rows, "nose")["outward_mean_mm"])
    assert np.isnan(_row(rows, "nose")["volume_cc"])


def test_two_scans_without_a_stable_region_in_common_are_refused() -> None:
    gone = _named(OWN, FACE.in_region(STABLE))
    with pytest.raises(PalnetError, match="too little in common"):
        before_and_after(gone, _named(OWN), FACE.in_region(STABLE), FACE)


def test_a_symmetric_face_has_no_asymmetry_and_a_swollen_cheek_has() -> None:
    assert asymmetry(OWN, NONE, FACE).distance.max() < 0.03
    outward = vertex_normals(FACE.surface)[
        np.argmin(np.linalg.norm(OWN - FACE.landmarks_on(OWN)[FACE.labels.index("Chk_L")], axis=1))
    ]
    swollen = asymmetry(_bump("Chk_L", 4.0, outward), NONE, FACE)
    rows = by_region(swollen, FACE)
    assert _row(rows, "cheek left")["outward_largest_mm"] == pytest.approx(4.0, abs=0.6)
    assert _row(rows, "cheek right")["outward_largest_mm"] == pytest.approx(-4.0, abs=0.6)


def test_the_mean_of_one_face_in_many_poses_is_that_face() -> None:
    poses = [random_pose(np.random.default_rng(seed), 60, 300) for seed in range(4)]
    points = np.stack([apply(pose, OWN) for pose in poses])
    missing = np.zeros(points.shape[:2], bool)
    missing[0, :500] = True
    points[0, :500] += 30.0
    laid, mean = together(points, missing, FACE)
    assert np.abs(mean - OWN).max() < 1e-3
    assert np.abs(laid[1:] - OWN).max() < 1e-3


def test_a_change_does_not_pull_the_rest_along() -> None:
    moved = _bump("Prn", 8.0, [0, 0, 1])
    laid = laid_on(moved, OWN, ~NONE)
    far = np.linalg.norm(moved - OWN, axis=1) < 0.01
    assert np.abs(laid - OWN)[far].max() < 0.1


def test_repeated_fits_give_the_spread_of_volumes() -> None:
    first = before_and_after(_named(OWN), _named(_bump("Pg", 2.0, [0, 0, 1])), FACE.in_region(STABLE), FACE)
    others = [
        before_and_after(_named(OWN), _named(_bump("Pg", mm, [0, 0, 1])), FACE.in_region(STABLE), FACE)
        for mm in (1.9, 2.0, 2.1)
    ]
    row = _row(uncertainty(by_region(first, FACE), first, others, FACE), "chin")
    assert row["volume_sd_cc"] == pytest.approx(0.05 * row["volume_cc"] * np.sqrt(2 / 3), rel=0.1)


@pytest.mark.parametrize("label", ["G", "Chk_L"])
def test_points_elsewhere_on_the_same_skin_are_no_change(label: str) -> None:
    """The way of a point up a sloping face leads backwards."""
    at = FACE.landmarks_on(OWN)[FACE.labels.index(label)]
    share = np.exp(-((np.linalg.norm(OWN - at, axis=1) / 20) ** 2))
    corners, weights = places_on_triangles(FACE.surface, OWN + 3.0 * share[:, None] * [0.0, 1.0, 0.0])
    change = shift(OWN, np.einsum("lk,lkd->ld", weights, OWN[corners]), ~NONE, FACE)
    near = share > 0.5
    assert np.abs(change.vectors[near, 2]).max() > 0.6
    assert np.abs(change.outward[near]).max() < 0.15 and np.nanmax(np.abs(change.forward[near])) < 0.15
    for row in by_region(change, FACE):
        assert abs(row["forward_mean_mm"]) < 0.05 and row["distance_mean_mm"] < 0.05, row["region"]


def test_what_moves_forward_is_so_far_in_front_wherever_that_can_be_told() -> None:
    change = shift(OWN, OWN + [0, 0, 3.0], ~NONE, FACE)
    assert np.nanmax(np.abs(change.forward - 3.0)) < 1e-9
    aside = ~np.isfinite(change.forward)
    to_front = vertex_normals(FACE.surface)[:, 2]
    assert aside[to_front < 0.45].all() and not aside[to_front > 0.55].any()


def test_every_number_of_a_change_has_its_spread_and_noise_is_within_it() -> None:
    """Values of a face that has not changed, beside repeats as noisy as they are."""
    stable, rng = FACE.in_region(STABLE), np.random.default_rng(3)

    def noisy() -> NamedSurface:
        return _named(OWN + rng.normal(0, 0.2, OWN.shape))

    change, *repeats = (before_and_after(noisy(), noisy(), stable, FACE) for _ in range(6))
    # A repeat holds the noise of the scan and as much again.
    repeats = [Shift(r.base, r.vectors, change.outward + r.outward, change.forward + r.forward) for r in repeats]
    within = []
    for row in uncertainty(by_region(change, FACE), change, repeats, FACE):
        for way in ("outward", "forward", "distance"):
            within.append(abs(row[f"{way}_mean_mm"]) < 2 * row[f"{way}_sd_mm"])
            assert abs(row[f"{way}_largest_mm"]) < 2 * row[f"{way}_largest_sd_mm"], row["region"]
        within.append(abs(row["volume_cc"]) < 2 * row["volume_sd_cc"])
    assert np.mean(within) > 0.8
    shown = told_apart(change.outward, point_spread(change, repeats, "outward", FACE))
    assert (shown != 0).mean() < 0.1
    swollen = np.where(FACE.in_region(["chin"]), 3.0, change.outward)
    assert (told_apart(swollen, point_spread(change, repeats, "outward", FACE))[FACE.in_region(["chin"])] == 3.0).all()


def test_the_whole_face_is_without_ears_neck_and_the_edge() -> None:
    face = whole_face(FACE)
    assert not face[FACE.in_region(["ear", "neck"])].any()
    assert face[FACE.in_region(["nose", "lips", "orbit", "nasal root"])].all()
    off = OWN.copy()
    off[~face] += 20.0
    rows = by_region(shift(OWN, np.where(face[:, None], OWN, off), ~NONE, FACE), FACE)
    assert _row(rows, "face")["distance_mean_mm"] < 0.3 < _row(rows, "ear right")["distance_mean_mm"]


def test_both_sides_of_an_asymmetric_face_are_one_row_that_says_which_stands_out() -> None:
    swollen = asymmetry(_bump("Chk_L", 4.0, [0.5, 0, 0.85]), NONE, FACE)
    rows = asymmetry_by_region(swollen, FACE)
    names = [row["region"] for row in rows]
    assert "cheek" in names and "cheek left" not in names and "volume_cc" not in rows[0]
    assert _row(rows, "cheek")["right_outward_mm"] < -0.1
    sides = by_region(swollen, FACE)
    both = [_row(sides, f"cheek {side}")["distance_mean_mm"] for side in ("right", "left")]
    assert _row(rows, "cheek")["distance_mean_mm"] == pytest.approx(np.mean(both), rel=0.05)
