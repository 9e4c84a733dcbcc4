"""The skin in volumes: where it is, without what is inside, beneath and around; in either frame; or a sentence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import volumes as made
from palnet.errors import Cancelled, ScanError
from palnet.scans.file import is_volume, read_mesh, read_surface, scan_ending, scan_space, scan_stem, surface_unit
from palnet.scans.mesh import Mesh, Unreadable
from palnet.scans.nrrd import write_nrrd
from palnet.scans.skin import skin_of
from palnet.scans.surface import Surface, closest_on_surface, surface_from_polydata
from palnet.scans.volume import Volume
from shapes import head
from volume_files import nifti, nrrd

EDGE = 3.0
LPS = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
CUT_BELOW = 30.0
"""mm above the end of the neck, where a volume ends and the surface does not."""


@functools.cache
def shape() -> Surface:
    return head(700)


@functools.cache
def grids() -> tuple[np.ndarray, np.ndarray]:
    """Depths (K, J, I) of a head with a hollow that is open to the front, and (4, 4) from voxels to its frame."""
    depths = made.depths_of(shape(), spacing=EDGE)
    to_head = np.eye(4)
    to_head[:3, :3] = np.column_stack([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) * EDGE
    size = np.array(depths.depth.shape)[[0, 2, 1]] + [0, 20, 0]
    low, high = depths.origin, depths.origin + EDGE * (np.array(depths.depth.shape) - 1)
    to_head[:3, 3] = [low[0], low[1], high[2]]
    dims = (int(size[2]), int(size[1]), int(size[0]))
    depth = made.on_grid(depths, to_head, dims)
    x, y, z = made.positions(to_head, dims)
    hollow = np.maximum(3 - np.hypot(x, y + 30) - 100 * (z < 0), 20 - np.sqrt(x**2 + y**2 + z**2))
    return np.maximum(np.minimum(depth, -hollow), -3).astype(np.float32), to_head


def told(_share: float) -> None:
    """Nobody listens."""


def off(skin: Mesh, space: str = "LPS") -> np.ndarray:
    """How far the skin's points lie from the surface, mm, without the end of the neck and the mouth of the hollow."""
    points = skin.points * ([-1, -1, 1] if space == "RAS" else [1, 1, 1]) @ LPS
    kept = points[:, 1] > shape().points[:, 1].min() + CUT_BELOW
    kept &= np.hypot(points[:, 0], points[:, 1] + 30) > 9
    return closest_on_surface(shape(), points[kept][:: max(1, len(points) // 500)])[1]


def ct(seed: int = 0) -> np.ndarray:
    depth, _to_head = grids()
    return made.ct_like(depth, 0.8) + made.noise(np.random.default_rng(seed), depth.shape, 25)


def mri(seed: int = 0) -> np.ndarray:
    depth, to_head = grids()
    rng = np.random.default_rng(seed)
    values = made.biased(rng, made.mri_like(depth, 1.2), made.positions(to_head, depth.shape))
    return np.hypot(values + made.noise(rng, depth.shape, 40), made.noise(rng, depth.shape, 40))


def volume(values: np.ndarray, space: str = "LPS", kind: type = np.int16) -> Volume:
    return made.as_volume(values, grids()[1], space, kind)


@pytest.mark.parametrize("values", [ct, mri])
@pytest.mark.parametrize("space", ["LPS", "RAS"])
def test_the_skin_lies_where_the_surface_was(values: Callable[[], np.ndarray], space: str) -> None:
    skin = skin_of(volume(values(), space), told)
    away = off(skin, space)
    assert skin.space == space and skin.unit_mm == 1.0
    assert away.mean() < 0.8 and np.percentile(away, 99) < 3.0
    # All around, and wound to the outside.
    assert np.ptp(skin.points, axis=0) == pytest.approx(np.ptp(shape().points, axis=0)[[0, 2, 1]], abs=CUT_BELOW + 5)
    assert (skin.surface.cross() * skin.points[skin.triangles].mean(axis=1)).sum() > 0


@pytest.mark.parametrize("image", [made.ct_like, made.mri_like])
def test_fat_that_is_brighter_or_darker_than_the_skin_moves_it_little(image: Callable[..., np.ndarray]) -> None:
    radius = np.linalg.norm(0.9 * (np.indices((120, 120, 120)) - 59.5), axis=0)
    values = image(np.maximum(44 - radius, -3).astype(np.float32), 0.8)
    skin = skin_of(Volume(values.astype(np.int16), np.diag([0.9, 0.9, 0.9, 1.0]), "LPS"), told)
    away = np.linalg.norm(skin.points - 0.9 * 59.5, axis=1) - 44
    assert abs(away.mean()) < 0.18 and away.std() < 0.05


def test_a_mirrored_volume_is_the_same_skin() -> None:
    plain = volume(ct())
    other = plain.to_space.copy()
    other[:3, 3] += (plain.voxels.shape[2] - 1) * other[:3, 0]
    other[:3, 0] *= -1
    skin = skin_of(replace(plain, voxels=plain.voxels[:, :, ::-1], to_space=other), told)
    assert off(skin).mean() < 0.8
    assert (skin.surface.cross() * skin.points[skin.triangles].mean(axis=1)).sum() > 0


def test_nothing_of_the_inside_is_skin() -> None:
    skin = skin_of(volume(ct()), told)
    points = skin.points @ LPS
    assert np.linalg.norm(points, axis=1).min() > 25  # the chamber in the middle of the head
    assert len(np.unique(skin.surface.pieces())) == 1


def test_a_table_and_a_head_holder_are_no_skin() -> None:
    depth, to_head = grids()
    low, high = shape().points.min(axis=0), shape().points.max(axis=0)
    at = made.positions(to_head, depth.shape)
    values = made.with_table(made.ct_like(depth, 0.8), at, low[2], (low + high) / 2)
    skin = skin_of(volume(values), told)
    points = skin.points @ LPS
    assert points[:, 2].min() > low[2] - 15
    assert off(replace(skin, points=skin.points[points[:, 2] > low[2] + 70])).mean() < 0.8


@pytest.mark.parametrize("outside", [-3024, -1000])
def test_what_a_round_field_of_view_did_not_see_is_no_skin(outside: int) -> None:
    values = ct()
    size = values.shape[1:]
    radius = np.hypot(*(np.indices(size) - (np.array(size)[:, None, None] - 1) / 2))
    values[:, radius > 55 / EDGE] = outside
    skin = skin_of(volume(values), told)
    if outside == -3024:  # else nothing tells the end of what was seen from air
        points = skin.points @ LPS
        assert off(skin).mean() < 1.0 and np.ptp(points[:, 0]) < 116
    assert len(skin.triangles) > 1000


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.float64])
def test_numbers_of_any_kind_and_scale(kind: type) -> None:
    factor = 1 if kind is np.int16 else 1e-4
    values = ct() * factor
    if kind is not np.int16:
        values[:3] = np.nan
        values[5, 5, 5] = np.inf
    assert off(skin_of(volume(values, kind=kind), told)).mean() < 0.8


def test_a_volume_in_which_air_is_bright() -> None:
    assert off(skin_of(replace(volume(-ct()), is_dark=True), told)).mean() < 0.8


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_mask_is_taken_with_a_word(kind: type) -> None:
    skin = skin_of(volume((grids()[0] > 0) * 1.0, kind=kind), told)
    assert off(skin).mean() < 1.0
    assert "as a mask does" in skin.warnings[0]
    assert skin_of(volume(ct()), told).warnings == ()


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_labels_are_refused_with_a_sentence(kind: type) -> None:
    depth, to_head = grids()
    x, y, z = (np.floor(part / 15) for part in made.positions(to_head, depth.shape))
    labels = np.where(depth > 4, 2 + (x + 5 * y + 11 * z) % 40, depth > 0)
    with pytest.raises(Unreadable, match="labels, as a segmentation does"):
        skin_of(volume(labels, kind=kind), told)


def padded(values: np.ndarray, number: float) -> Volume:
    """A volume as a program leaves it that turned or enlarged it, and filled what is new with a number."""
    more = np.array([5, 8, 8])
    plain = volume(np.pad(values, [(side, side) for side in more], constant_values=number), kind=np.float32)
    place = plain.to_space.copy()
    place[:3, 3] -= place[:3, :3] @ more[::-1]
    return replace(plain, to_space=place)


@pytest.mark.parametrize(
    ("number", "is_mixed"), [(-3024.0, True), (-2000.0, False), (-1024.0, False), (0.0, True), (np.nan, False)]
)
def test_what_was_filled_around_a_volume_is_no_air_and_no_skin(number: float, is_mixed: bool) -> None:
    values = ct()
    if is_mixed:  # at its ends, half way, as by turning
        mixed = (values + number) / 2
        for axis in range(3):
            for end in (0, -1):
                where: list[object] = [slice(None)] * 3
                where[axis] = end
                values[tuple(where)] = mixed[tuple(where)]
    plain = skin_of(padded(values, number), told)
    assert off(plain).mean() < 0.8
    points = plain.points @ LPS
    low, high = shape().points.min(axis=0) - 15, shape().points.max(axis=0) + 15
    assert ((points > low) & (points < high)).all()


@pytest.mark.parametrize("window", [(-200.0, 310.0), (-1000.0, 60.0)])
def test_numbers_cut_off_as_for_a_screen(window: tuple[float, float]) -> None:
    values = np.clip((ct() - window[0]) / (window[1] - window[0]) * 255, 0, 255)
    assert off(skin_of(volume(values, kind=np.uint8), told)).mean() < 1.3


@pytest.mark.parametrize("background", [-1000.0, -1024.0])
def test_a_head_that_was_cut_out_of_its_air(background: float) -> None:
    values = np.where(grids()[0] < -1, background, ct())
    skin = skin_of(volume(values), told)
    assert off(skin).mean() < 1.0 and len(np.unique(skin.surface.pieces())) == 1


def test_a_volume_of_air_and_one_tissue() -> None:
    # Half of the noise of air is no class.
    values = np.where(grids()[0] > 0, 40.0, -1000.0) + np.random.default_rng(0).normal(0, 40, grids()[0].shape)
    assert off(skin_of(volume(values), told)).mean() < 1.2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((60, 60, 60)), "same number everywhere"),
        (np.where(np.indices((60, 60, 60))[0] % 60 == 30, 1000, 0.0), "as thick as a head"),
        (np.where((np.indices((60, 60, 60)) > 25).all(0) & (np.indices((60, 60, 60)) < 35).all(0), 0, 900.0), "no air"),
    ],
)
def test_what_shows_no_head(values: np.ndarray, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        skin_of(Volume(values.astype(np.int16), np.diag([2.0, 2, 2, 1]), "LPS"), told)


def test_noise_alone_ends_in_a_sentence_or_in_a_surface() -> None:
    values = np.random.default_rng(0).normal(0, 100, (60, 60, 60))
    try:
        assert skin_of(Volume(values.astype(np.int16), np.diag([2.0, 2, 2, 1]), "LPS"), told).points.size
    except Unreadable as error:
        assert "head" in str(error)


def test_it_says_how_far_it_is_and_can_be_stopped_anywhere() -> None:
    shares: list[float] = []
    skin_of(volume(ct()), shares.append)
    assert len(shares) > 15 and shares[-1] <= 1.0 and np.all(np.diff(shares) >= -0.12)
    for stop_at in range(0, len(shares), 5):
        left = [stop_at]

        def stop(_share: float, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Cancelled("stopped")

        with pytest.raises(Cancelled):
            skin_of(volume(ct()), stop)


@pytest.mark.parametrize("name", ["My Head.nrrd", "head.nii", "head.v2.nii.gz", "head.NRRD"])
def test_files(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palnet.scans.file._last_skin", {})
    monkeypatch.setattr("palnet.scans.content.CHUNK", 1 << 10)  # as if the file were large
    path = tmp_path / name
    shown = volume(ct(), "RAS" if "nii" in name else "LPS")
    if "nii" in name:
        import gzip

        content = nifti(shown.voxels, shown.to_space)
        path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    else:
        write_nrrd(path, shown.voxels, shown.to_space, "LPS")
    assert is_volume(path) and scan_ending(path) and scan_stem(path) == name.split(".n")[0].split(".N")[0]
    surface = read_surface(path)
    assert scan_space(path) == scan_space(path, surface) == shown.space
    assert surface_unit(surface) == "mm"
    mesh = read_mesh(path)
    assert off(mesh, shown.space).mean() < 0.8
    np.testing.assert_allclose(surface_from_polydata(surface).points, mesh.points)
    assert read_mesh(path) is mesh
    # A file that is written anew under its name is read anew.
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ScanError, match="damaged"):
        read_mesh(path)


@pytest.mark.parametrize("name", ["head.nhdr", "head.hdr"])
def test_voxels_beside_a_header_that_are_written_anew_are_read_anew(tmp_path: Path, name: str) -> None:
    shown = volume(ct(), "RAS")
    path, voxels = tmp_path / name, tmp_path / "head.img"
    header = nifti(shown.voxels, shown.to_space, alone=True)
    if name.endswith(".nhdr"):
        header = nrrd(shown.voxels, shown.to_space, "RAS", fields={"data file": "head.img"}, data=b"")
    path.write_bytes(header)
    voxels.write_bytes(shown.voxels.tobytes())
    mesh = read_mesh(path)
    assert read_mesh(path) is mesh and off(mesh, "RAS").mean() < 0.8
    voxels.write_bytes(shown.voxels.tobytes()[:-2])
    with pytest.raises(ScanError, match=r"damaged: its header says that it holds"):
        read_mesh(path)
