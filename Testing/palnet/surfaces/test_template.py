"""The bundled template: clean, symmetric, with regions and curves where they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.errors import PalnetError
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import places_on_triangles
from palnet.scans.visibility import pieces_of
from palnet.surfaces.template import face_template


def test_it_has_the_landmarks_of_the_protocol_and_one_piece() -> None:
    template = face_template()
    surface = template.surface
    assert list(template.labels) == list(Protocol.bundled("face50").labels)
    assert 6500 < len(surface.points) < 8500
    assert len(set(pieces_of(surface.triangles, len(surface.points)))) == 1
    assert np.array_equal(np.unique(surface.triangles), np.arange(len(surface.points)))
    assert (surface.areas() > 0).all()


def test_left_and_right_are_mirror_images_down_to_triangles_and_regions() -> None:
    template = face_template()
    points, mirror = template.surface.points, template.mirror
    assert np.array_equal(mirror[mirror], np.arange(len(mirror)))
    assert np.allclose(points[mirror], points * [-1, 1, 1], atol=0.011)
    own = {tuple(sorted(corners)) for corners in template.surface.triangles.tolist()}
    assert {tuple(sorted(corners)) for corners in mirror[template.surface.triangles].tolist()} == own
    names = np.array(template.region_names)
    swapped = [name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right") for name in names]
    same = names[template.region][mirror] == np.array(swapped)[template.region]
    assert same.mean() > 0.99


def test_landmarks_lie_in_the_regions_of_their_names() -> None:
    template = face_template()
    at = {
        label: template.region_names[template.region[corners[weights.argmax()]]]
        for label, corners, weights in zip(template.labels, template.corners, template.weights, strict=True)
    }
    expected = {
        "Prn": "nose", "Pg": "chin", "Ls": "lips", "N": "nasal root", "En_L": "orbit left", "Chk_R": "cheek right",
        "Pa_L": "ear left", "Ft_R": "forehead",
    }  # fmt: skip
    assert {label: at[label] for label in expected} == expected
    assert set(template.region_names) == {
        "forehead", "nasal root", "orbit right", "orbit left", "nose", "lips", "cheek right", "cheek left", "chin",
        "ear right", "ear left", "neck",
    }  # fmt: skip
    assert (np.bincount(template.region) > 30).all()


def test_a_region_without_a_side_is_both_and_an_unknown_one_is_refused() -> None:
    template = face_template()
    both = template.in_region(["orbit"])
    assert both.sum() == template.in_region(["orbit left"]).sum() + template.in_region(["orbit right"]).sum()
    with pytest.raises(PalnetError, match="no region 'brow'"):
        template.in_region(["brow"])


def test_curves_pass_their_landmarks_on_the_surface() -> None:
    template = face_template()
    at = dict(zip(template.labels, template.landmarks_on(template.surface.points), strict=True))
    for name, curve in template.curves.items():
        on = places_on_triangles(template.surface, curve.points)
        off = np.einsum("lk,lkd->ld", on[1], template.surface.points[on[0]]) - curve.points
        # Between the lips the profile steps over a slit.
        assert np.linalg.norm(off, axis=1).max() < (0.3 if name == "midline profile" else 0.05), name
        assert np.linalg.norm(np.diff(curve.points, axis=0), axis=1).max() < 7, name
        assert len(curve.stations) >= 2
        for label, k in curve.stations.items():
            assert np.linalg.norm(curve.points[k] - at[label]) < 0.05, (name, label)
    assert list(template.curves["midline profile"].stations) == [
        "Tr", "G", "N", "Prn", "C", "Sn", "Ls", "Sto", "Li", "Sl", "Pg", "Gn",
    ]  # fmt: skip
    assert np.all(template.curves["midline profile"].points[:, 0] == 0)
    assert list(template.curves["lip margin"].stations) == ["Ch_R", "Sto", "Ch_L"]


def test_curves_of_one_side_are_mirror_images_and_others_are_their_own() -> None:
    curves = face_template().curves
    for name, curve in curves.items():
        if name.endswith("left"):
            other = curves[name.removesuffix("left") + "right"]
            assert np.allclose(other.points, curve.points * [-1, 1, 1], atol=0.011), name
            assert [label.replace("_R", "_L") for label in other.stations] == list(curve.stations)
        elif not name.endswith("right") and name != "midline profile":
            assert np.allclose(curve.points[::-1], curve.points * [-1, 1, 1], atol=0.011), name
