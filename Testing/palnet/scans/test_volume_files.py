"""Volumes in NRRD and NIfTI files: every spelling gives the same voxels at the same places, and damage a sentence."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from palnet.scans.file import is_volume, scan_space
from palnet.scans.mesh import Unreadable
from palnet.scans.nifti import read_nifti
from palnet.scans.nrrd import read_nrrd, space_of, write_nrrd
from palnet.scans.volume import Volume
from volume_files import NIFTI_TYPES, NRRD_TYPES, SPACES, nifti, nrrd, numbered, oblique


def told(_share: float) -> None:
    """Nobody listens."""


def same(volume: Volume, voxels: np.ndarray, matrix: np.ndarray, space: str) -> None:
    np.testing.assert_array_equal(volume.voxels, voxels)
    np.testing.assert_allclose(volume.to_space, matrix, rtol=1e-5, atol=1e-5)
    assert volume.space == space


@pytest.mark.parametrize("kind", NRRD_TYPES)
@pytest.mark.parametrize("order", "<>")
def test_nrrd_types(kind: str, order: str) -> None:
    voxels = numbered(order + kind)
    same(read_nrrd(nrrd(voxels, oblique()), None, told), voxels, oblique(), "LPS")


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii", "hex"])
@pytest.mark.parametrize("kind", ["<i2", ">u2", "<f4"])
def test_nrrd_encodings(encoding: str, kind: str) -> None:
    voxels = numbered(kind)
    same(read_nrrd(nrrd(voxels, oblique(), encoding=encoding), None, told), voxels, oblique(), "LPS")


@pytest.mark.parametrize("stated", [*SPACES, "left-anterior-superior-time", "RAST"])
def test_nrrd_frames(stated: str) -> None:
    turn = np.diag([-1.0, 1, 1, 1]) if stated.lower().startswith("l") and stated != "LPS" else np.eye(4)
    content = nrrd(numbered(), oblique(), fields={"space": SPACES.get(stated, stated)})
    same(read_nrrd(content, None, told), numbered(), turn @ oblique(), "LPS" if stated == "LPS" else "RAS")
    assert space_of(content) == space_of(gzip.compress(content)) == ("LPS" if stated == "LPS" else "RAS")


@pytest.mark.parametrize(
    "fields",
    [
        {"encoding": "raw", "endian": "LITTLE"},
        {"kinds": None, "space units": '"mm" "mm" "mm"', "thicknesses": "nan nan nan", "old min": "0"},
        {"space": "LPS", "measurement frame": "(1,0,0) (0,1,0) (0,0,1)", "centerings": "cell cell cell"},
        {"byte skip": "0", "line skip": "0", "content": "a head: of someone"},
        {"type": "signed short int"},
    ],
)
def test_nrrd_spellings(fields: dict[str, str | None]) -> None:
    for ends in ("\n", "\r\n"):
        content = nrrd(numbered(), oblique(), fields=fields, ends=ends)
        same(read_nrrd(content, None, told), numbered(), oblique(), "LPS")
        same(read_nrrd(gzip.compress(content), None, told), numbered(), oblique(), "LPS")


def test_nrrd_skips() -> None:
    plain = numbered().tobytes()
    content = nrrd(numbered(), oblique(), fields={"line skip": "2", "byte skip": "3"}, data=b"a\nb\nxyz" + plain)
    same(read_nrrd(content, None, told), numbered(), oblique(), "LPS")
    content = nrrd(numbered(), oblique(), fields={"byte skip": "-1"}, data=b"whatever" + plain)
    same(read_nrrd(content, None, told), numbered(), oblique(), "LPS")


def test_nrrd_without_a_frame_is_taken_as_lps_with_a_word() -> None:
    gone = {"space": None, "space directions": None, "space origin": None}
    fields = {**gone, "spacings": "2 3 4", "axis mins": "5 6 7"}
    volume = read_nrrd(nrrd(numbered(), oblique(), fields=fields), None, told)
    matrix = np.diag([2.0, 3, 4, 1])
    matrix[:3, 3] = [5, 6, 7]
    same(volume, numbered(), matrix, "LPS")
    assert "LPS" in volume.warnings[0]


def test_nrrd_with_an_axis_of_one_more() -> None:
    axes = " ".join(f"({','.join(map(repr, axis))})" for axis in oblique()[:3, :3].T.tolist())
    fields = {"dimension": "4", "sizes": "1 28 24 20", "space directions": f"none {axes}", "kinds": None}
    same(read_nrrd(nrrd(numbered(), oblique(), fields=fields), None, told), numbered(), oblique(), "LPS")


@pytest.mark.parametrize("way", ["one", "list", "row"])
def test_header_and_voxels_in_files_of_their_own(tmp_path: Path, way: str) -> None:
    voxels = numbered()
    if way == "one":
        (tmp_path / "head.raw.gz").write_bytes(gzip.compress(voxels.tobytes()))
        fields = {"encoding": "gzip", "data file": "head.raw.gz"}
    else:
        names = [f"slice{number:03d}.raw" for number in range(1, 21)]
        for name, slab in zip(names, voxels, strict=True):
            (tmp_path / name).write_bytes(slab.tobytes())
        fields = {"datafile": "slice%03d.raw 1 20 1" if way == "row" else "LIST\n" + "\n".join(names)}
    content = nrrd(voxels, oblique(), fields=fields, data=b"")
    same(read_nrrd(content, tmp_path, told), voxels, oblique(), "LPS")
    next(iter(tmp_path.iterdir())).unlink()
    with pytest.raises(Unreadable, match="not beside it"):
        read_nrrd(content, tmp_path, told)


@pytest.mark.parametrize("space", ["RAS", "LPS"])
def test_what_is_written_is_read(tmp_path: Path, space: str) -> None:
    write_nrrd(tmp_path / "a.nrrd", numbered(">f4"), oblique(), space)
    same(read_nrrd((tmp_path / "a.nrrd").read_bytes(), None, told), numbered(), oblique(), space)


@pytest.mark.parametrize("kind", NIFTI_TYPES)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("second", [False, True])
def test_nifti_types(kind: str, order: str, second: bool) -> None:
    voxels = numbered(kind)
    content = nifti(voxels, oblique(), second=second, order=order)
    same(read_nifti(content, told), voxels, oblique(), "RAS")
    same(read_nifti(gzip.compress(content), told), voxels, oblique(), "RAS")


@pytest.mark.parametrize("ways", ["sform", "qform", "sform qform"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_nifti_places(ways: str, mirrored: bool, second: bool) -> None:
    matrix = oblique(mirrored)
    same(read_nifti(nifti(numbered(), matrix, ways, second), told), numbered(), matrix, "RAS")


def test_nifti_that_does_not_say_how_it_lies() -> None:
    volume = read_nifti(nifti(numbered(), oblique(), ""), told)
    same(volume, numbered(), np.diag([1.5, 2, 3, 1]), "RAS")
    assert "RAS" in volume.warnings[0]


@pytest.mark.parametrize(("units", "mm"), [(0, 1.0), (1, 1000.0), (3, 0.001), (10, 1.0)])
def test_nifti_units(units: int, mm: float) -> None:
    scaled = oblique()
    scaled[:3] /= mm
    same(read_nifti(nifti(numbered(), scaled, units=units), told), numbered(), oblique(), "RAS")


def test_nifti_with_dimensions_of_one_and_a_negative_slope() -> None:
    same(read_nifti(nifti(numbered(), oblique(), dimensions=(1, 1)), told), numbered(), oblique(), "RAS")
    assert read_nifti(nifti(numbered(), oblique(), slope=-2.0), told).is_dark


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "names", [("a.hdr", "a.img"), ("A.HDR", "a.img"), ("a.b.hdr.gz", "a.b.img.gz"), ("a.hdr", "a.img.gz")]
)
def test_nifti_in_two_files(tmp_path: Path, names: tuple[str, str], order: str, second: bool) -> None:
    voxels = numbered(f"{order}f4")
    contents = nifti(voxels, oblique(), second=second, order=order, alone=True), voxels.tobytes()
    for name, content in zip(names, contents, strict=True):
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    header = tmp_path / names[0]
    same(read_nifti(header.read_bytes(), told, header), voxels, oblique(), "RAS")
    assert is_volume(header) and scan_space(header) == "RAS"
    (tmp_path / names[1]).write_bytes(contents[1][:-9])
    with pytest.raises(Unreadable, match=r"only|not whole"):
        read_nifti(header.read_bytes(), told, header)
    (tmp_path / names[1]).unlink()
    with pytest.raises(Unreadable, match=r"voxels are in .*\.img, which is not beside it"):
        read_nifti(header.read_bytes(), told, header)


GOOD = {"nrrd": nrrd(numbered(), oblique()), "nifti": nifti(numbered(), oblique())}
READ: dict[str, Callable[[bytes], Volume]] = {
    "nrrd": lambda data: read_nrrd(data, None, told),
    "nifti": lambda data: read_nifti(data, told),
}


@pytest.mark.parametrize("form", GOOD)
@pytest.mark.parametrize("share", [0.001, 0.2, 0.9, 0.9999])
def test_cut_files(form: str, share: float) -> None:
    for content in (GOOD[form], gzip.compress(GOOD[form])):
        with pytest.raises(Unreadable):
            READ[form](content[: int(share * len(content))])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"NRRD0005", b"NRRX0005", "does not begin with the word NRRD"),
        (b"type: short", b"type: block", "no number that is known"),
        (b"sizes: 28 24 20", b"sizes: 28 24 21", "only 13,440 are there"),
        (b"sizes: 28 24 20", b"sizes: 28 24 0", "voxels large"),
        (b"sizes: 28 24 20", b"sizes: 60000 60000 60000", "only 13,440 are there"),
        (b"sizes: 28 24 20", b"sizes: 28 24", "dimensions"),
        (b"sizes: 28 24 20", b"sizes: 28 480 1", "picture"),
        (b"dimension: 3", b"dimension: 4", "dimensions"),
        (b"dimension: 3\n", b"", "does not say 'dimension'"),
        (b"encoding: raw", b"encoding: lzma", "not known here"),
        (b"encoding: raw", b"encoding: gzip", "not whole"),
        (b"encoding: raw", b"encoding: txt", "other words"),
        (b"endian: little\n", b"", "endian"),
        (b"endian: little", b"endian: little\nendian: big", "twice"),
        (b"space directions: (", b"space directions: [", "where vectors are"),
        (b"space directions:", b"space directions: none", "space directions"),
        (b"space origin: (-80.5", b"space origin: (nan", "impossible places"),
        (b"space origin: (-80.5,", b"space origin: (", "vectors of three"),
        (b"space directions: (", b"space directions: (x", "space directions"),
        (b"kinds: domain domain domain", b"kinds: RGB-color domain domain", "one number a voxel"),
        (b"\n\n", b"\n", "no end|is none"),
    ],
)
def test_nrrd_headers_that_cannot_be(old: bytes, new: bytes, said: str) -> None:
    assert old in GOOD["nrrd"]
    with pytest.raises(Unreadable, match=said):
        READ["nrrd"](GOOD["nrrd"].replace(old, new, 1))


@pytest.mark.parametrize(
    ("place", "new", "said"),
    [
        (0, b"\x5d\x01\0\0", "length of a header"),
        (40, b"\x09\0", "9 dimensions"),
        (42, b"\0\0", "voxels large"),
        (42, b"\xff\x7f", "only 13,440"),
        (48, b"\x05\0", "dimensions|volumes"),
        (70, b"\x80\0", "colours"),
        (70, b"\x03\0", "not known here"),
        (108, b"\0\0\x80\x7f", "begin at byte"),
        (108, b"\0\0\x80\x3f", "begin at byte"),
        (280, b"\0\0\xc0\x7f", "impossible places"),
        (344, b"ni1", "not beside it"),
        (344, b"\0\0\0", "older one"),
    ],
)
def test_nifti_headers_that_cannot_be(place: int, new: bytes, said: str) -> None:
    content = bytearray(GOOD["nifti"])
    content[place : place + len(new)] = new
    if place == 48:
        content[40:42] = b"\x04\0"
    with pytest.raises(Unreadable, match=said):
        READ["nifti"](bytes(content))


def test_a_small_packed_file_does_not_ask_for_all_memory() -> None:
    bomb = nrrd(numbered(), oblique(), encoding="gzip", fields={"sizes": "60000 60000 60000"})
    with pytest.raises(Unreadable, match="more voxels than it can"):
        READ["nrrd"](bomb)


@pytest.mark.parametrize("form", ["gzip", "bzip2"])
def test_changed_bytes_in_what_is_packed_are_seen(form: str) -> None:
    content = bytearray(nrrd(numbered(), oblique(), encoding=form))
    content[-40] ^= 16
    with pytest.raises(Unreadable, match="not whole"):
        READ["nrrd"](bytes(content))


def test_volumes_that_are_no_size_of_a_head() -> None:
    for factor, said in ((1e-3, "mm across"), (1e3, "mm across")):
        with pytest.raises(Unreadable, match=said):
            READ["nrrd"](nrrd(numbered(), np.diag([factor, factor, factor, 1.0]) @ oblique()))
    with pytest.raises(Unreadable, match="mm thick"):
        READ["nrrd"](nrrd(numbered(), oblique() @ np.diag([1e-4, 1.0, 1.0, 1.0])))
    flat = oblique()
    flat[:3, 2] = flat[:3, 1]
    with pytest.raises(Unreadable, match="span no volume"):
        READ["nrrd"](nrrd(numbered(), flat))
