"""The ICT Face Model in both of its layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.population.face_model import EYEBALLS, SKIN, FaceModel, read_face_model, visible_triangles
from shapes import head


@pytest.fixture(scope="module")
def packed(data: Callable[[str], Path]) -> FaceModel:
    return read_face_model(data("ict-facekit"))


@pytest.fixture(scope="module")
def original(data: Callable[[str], Path]) -> FaceModel:
    return read_face_model(data("ict-facekit/FaceXModel"))


def test_both_layouts_hold_the_same(packed: FaceModel, original: FaceModel) -> None:
    np.testing.assert_allclose(original.neutral, packed.neutral, atol=1e-3)
    np.testing.assert_array_equal(np.sort(original.triangles, axis=None), np.sort(packed.triangles, axis=None))
    assert {tuple(sorted(t)) for t in original.triangles} == {tuple(sorted(t)) for t in packed.triangles}
    assert len(original.identity) >= 3
    np.testing.assert_allclose(original.identity, packed.identity[: len(original.identity)], atol=2e-3)
    assert set(original.expression_names) <= set(packed.expression_names)
    for offset, name in zip(original.expression, original.expression_names, strict=True):
        np.testing.assert_allclose(offset, packed.expression[packed.expression_names.index(name)], atol=2e-3)


def test_it_is_a_head_in_millimetres(packed: FaceModel) -> None:
    skin = packed.neutral[list(SKIN)]
    size = np.ptp(skin, axis=0)
    assert (size > [130, 200, 150]).all() and (size < [300, 450, 350]).all()
    assert packed.identity.shape == (100, *packed.neutral.shape)
    assert packed.is_eyeball.sum() == len(EYEBALLS)
    tip = skin[skin[:, 2].argmax()]
    assert abs(tip[0]) < 5  # the nose: z is forward, x across
    used = np.unique(packed.triangles)
    assert np.isin(used, [*SKIN, *EYEBALLS]).all()


def test_other_places(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"")
    for path in (tmp_path, tmp_path / "none", tmp_path / "none.npz"):
        with pytest.raises(ScanError, match="no ICT Face Model"):
            read_face_model(path)


def test_original_layout_by_hand(tmp_path: Path) -> None:
    def write(name: str, shift: float) -> None:
        vertices = "".join(f"v {k % 100 + shift} {k // 100} 0\n" for k in range(EYEBALLS.stop))
        faces = "f 1 2 102 101\nf 1/1/1 2/2/2 3/3/3\nf 12000 12001 12002\n"
        (tmp_path / name).write_text("# a comment\n" + vertices + faces)

    for name, shift in (("generic_neutral_mesh.obj", 0), ("identity000.obj", 1), ("jawOpen.obj", 2)):
        write(name, shift)
    model = read_face_model(tmp_path)
    # A quad is two triangles; the sockets and the teeth are not seen.
    assert {tuple(t) for t in model.triangles} == {(0, 1, 101), (0, 101, 100), (0, 1, 2)}
    np.testing.assert_allclose(model.identity, np.broadcast_to([10.0, 0, 0], model.identity.shape))
    assert model.expression_names == ("jawOpen",)
    np.testing.assert_allclose(model.expression[0, :, 0], 20.0)
    (tmp_path / "identity001.obj").write_text("v 0 0 0\n")
    with pytest.raises(ScanError, match=r"identity001\.obj has 1 vertices"):
        read_face_model(tmp_path)


def test_visible_triangles() -> None:
    shape = head(400)
    directions = np.array([[0.0, 0, 1], [0, 0, -1]])
    seen = visible_triangles(shape.points, shape.triangles, directions)
    facing = shape.normals()[:, 2]
    assert seen.shape == (len(shape.triangles), 2)
    assert not (seen[:, 0] & seen[:, 1]).any()
    assert not seen[facing < 0, 0].any()
    assert seen[facing > 0.5, 0].mean() > 0.9
