"""Labels and names of scans that are written otherwise than the protocol, or another observer, writes them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.commands import cli
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import write_sets
from palnet.pipeline.model import Model
from palnet.protocols.protocol import Protocol

FACE = Protocol.bundled("face50")
NAMES = ("Case", "CON", "P 007", " Anna  Meyer ")
OTHERS = ("case", "Con ", "P_007", "Anna Meyer")
WAYS: dict[str, Callable[[str], str]] = {
    "small": str.lower,
    "capitals": lambda label: label.upper().replace("_", " "),
    "names": lambda label: FACE.landmarks[FACE.index(label)].name.lower(),
}


@pytest.fixture
def palnet(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs ``palnet``; gives its exit code, and all that it says."""

    def command(*arguments: Any) -> tuple[int, str]:
        code = cli.main([str(argument) for argument in arguments], None)  # type: ignore[arg-type]
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


def faces(names: Sequence[str], way: Callable[[str], str] = str, noise: float = 0.0) -> list[LandmarkSet]:
    rng = np.random.default_rng(5)
    shape = Model.find("face50").mean_shape
    labels = tuple(map(way, FACE.labels))
    return [
        LandmarkSet(name, labels, shape * size + rng.normal(0, 1, shape.shape) + noise)
        for name, size in zip(names, np.linspace(0.95, 1.05, len(names)), strict=True)
    ]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("way", WAYS)
def test_measure(way: str, palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    tables = []
    for name, written in (("a", str), ("b", WAYS[way])):
        write_sets(faces(NAMES[:2], written), "csv", tmp_path / f"{name}.csv")
        code, said = palnet("measure", tmp_path / f"{name}.csv", "--output", tmp_path / name)
        assert code == 0 and "!" not in said
        tables.append([rows(tmp_path / name / f"{one}.csv") for one in ("measurements", "asymmetry")])
    assert tables[0] == tables[1] and tables[0][0][0]["N-Sn mm"]


def test_measure_names_what_may_be_two(palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    (one,) = faces(["A"], str.lower)
    twice = LandmarkSet("A", (*one.labels, "PRN"), np.vstack([one.points, one.points[3:4]]))
    write_sets([twice], "csv-long", tmp_path / "a.csv")
    code, said = palnet("measure", tmp_path / "a.csv", "--output", tmp_path / "t")
    assert code == 0 and "A: 'prn' and 'PRN' may be Prn: write these labels as the protocol does." in said
    assert rows(tmp_path / "t" / "measurements.csv")[0]["N-Sn mm"]
    assert not rows(tmp_path / "t" / "measurements.csv")[0]["Sn-Prn mm"]


def test_measure_of_other_landmarks_says_what_to_do(palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    write_sets([LandmarkSet("A", ("front", "back"), np.eye(3)[:2])], "csv-long", tmp_path / "a.csv")
    code, said = palnet("measure", tmp_path / "a.csv", "--output", tmp_path / "t")
    assert code == 1 and "but front, back: rename them as the protocol does, or name theirs with --protocol" in said


@pytest.mark.parametrize("way", WAYS)
def test_compare(way: str, palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    write_sets(faces(NAMES), "mrk", tmp_path / "anna")
    write_sets(faces(OTHERS, WAYS[way], 0.5), "csv", tmp_path / "ben.csv")
    code, said = palnet("compare", tmp_path / "anna", tmp_path / "ben.csv", "--output", tmp_path / "t")
    assert code == 0 and "4 scans, 200 landmarks placed by both" in said and "!" not in said
    assert {row["scan"] for row in rows(tmp_path / "t" / "scans.csv")} == {one.strip() for one in NAMES}
    assert {row["label"] for row in rows(tmp_path / "t" / "landmarks.csv")} == set(FACE.labels)
    assert len(rows(tmp_path / "t" / "measurements.csv")) > 50
    # Also the other way round: the protocol's labels, the first one's names.
    code, said = palnet("compare", tmp_path / "ben.csv", tmp_path / "anna", "--output", tmp_path / "t")
    assert code == 0 and {row["label"] for row in rows(tmp_path / "t" / "landmarks.csv")} == set(FACE.labels)
    assert {row["scan"] for row in rows(tmp_path / "t" / "scans.csv")} == {one.strip() for one in OTHERS}


def test_compare_names_what_may_be_two(palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    write_sets(faces(["P 7", "Q"]), "csv", tmp_path / "a.csv")
    write_sets(faces(["P_7", "p7", "q"]), "csv", tmp_path / "b.csv")
    code, said = palnet("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--output", tmp_path / "t")
    assert code == 0 and "Names are alike but for case, blanks, - or _, and left out: P 7, P_7, p7." in said
    assert [row["scan"] for row in rows(tmp_path / "t" / "scans.csv")] == ["Q"]


def test_compare_of_ones_own_landmarks(palnet: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Beside some of the fifty: as the first observer writes them in the first scan."""
    rng = np.random.default_rng(1)
    first = [LandmarkSet(name, ("Narbe", "prn", "N", "Ex_R"), rng.normal(0, 50, (4, 3))) for name in ("A", "B")]
    first[1] = LandmarkSet("B", ("narbe", "Prn", "n", "exocanthion right"), first[1].points)
    second = [LandmarkSet(one.name, ("NARBE", "pronasale", "Nasion", "EX R"), one.points + 1) for one in first]
    for name, sets in (("a", first), ("b", second)):
        write_sets(sets, "mrk", tmp_path / name)
    code, said = palnet("compare", tmp_path / "a", tmp_path / "b", "--output", tmp_path / "t")
    assert code == 0 and "2 scans, 8 landmarks placed by both" in said and "!" not in said
    assert [row["label"] for row in rows(tmp_path / "t" / "landmarks.csv")] == ["Narbe", "prn", "N", "Ex_R"]


def test_convert_leaves_out_by_any_name_and_keeps_the_others(
    palnet: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (one,) = faces(["A"], str.lower)
    write_sets([one], "csv", tmp_path / "a.csv")
    code, _ = palnet("convert", tmp_path / "a.csv", "--leave-out", "glabella", "EX R", "Pronasale", "--to", "tps",
                     "--output", tmp_path / "a.tps")  # fmt: skip
    (back,) = read_sets(tmp_path / "a.tps")
    assert code == 0 and back.labels == tuple(label for label in one.labels if label not in ("g", "ex_r", "prn"))
    both = LandmarkSet("A", ("prn", "PRN", "n"), np.eye(3))
    write_sets([both], "csv", tmp_path / "b.csv")
    code, said = palnet(
        "convert", tmp_path / "b.csv", "--leave-out", "Prn", "--to", "csv", "--output", tmp_path / "c.csv"
    )
    assert code == 1 and "In 'A', 'prn' and 'PRN' may be Prn: write what is to be left out as it is there." in said
    code, said = palnet(
        "convert", tmp_path / "b.csv", "--leave-out", "PRN", "--to", "csv", "--output", tmp_path / "c.csv"
    )
    assert code == 0 and read_sets(tmp_path / "c.csv")[0].labels == ("prn", "n")


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    """Three scans, one with a landmark more than the others, one with one less, one with one without a place."""
    points = np.arange(15.0).reshape(5, 3) ** 2
    sets = [
        LandmarkSet("A", ("N", "Prn", "Sto", "Sn", "Narbe"), points),
        LandmarkSet("B", ("N", "Prn", "Sn"), points[[0, 1, 3]]),
        LandmarkSet("C", ("N", "Prn", "Sto", "Sn"), np.where(np.arange(4)[:, None] == 3, np.nan, points[:4])),
    ]
    write_sets(sets, "mrk", tmp_path / "uneven")
    return tmp_path / "uneven"


@pytest.mark.parametrize("to", ["gpa", "csv", "tps", "csv-long", "mrk"])
def test_landmarks_that_any_specimen_lacks(
    to: str, uneven: Path, palnet: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    output = tmp_path / {"gpa": "gpa", "mrk": "mrk", "tps": "o.tps"}.get(to, "o.csv")
    code, said = palnet("convert", uneven, "--to", to, "--output", output, "--drop-landmarks")
    assert code == 0 and "left out of all specimens: Sto, Sn, Narbe" in said
    for one, whole in zip(read_sets(output), read_sets(uneven), strict=True):
        assert one.labels == ("N", "Prn")
        np.testing.assert_allclose(one.points, whole.points[:2], atol=1e-6)
    code, said = palnet("convert", uneven, "--to", to, "--output", tmp_path / "z" / output.name, "--drop-specimens")
    assert code == 0 and "left out: B, C" in said


def test_labels_that_only_some_have_may_be_written_otherwise(
    uneven: Path, palnet: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """Nothing is renamed, and it is said."""
    write_sets([LandmarkSet("D", ("n", "Prn", "sto"), np.eye(3))], "mrk", tmp_path / "d.mrk.json")
    code, said = palnet("convert", uneven / "A.mrk.json", tmp_path / "d.mrk.json", "--to", "csv",
                        "--output", tmp_path / "p.csv")  # fmt: skip
    assert code == 0 and "the same but for how they are written, N and n, Sto and sto: write them alike" in said
    assert read_sets(tmp_path / "p.csv")[0].labels == ("N", "Prn", "Sto", "Sn", "Narbe", "n", "sto")


@pytest.mark.parametrize("to", ["csv", "mrk"])
@pytest.mark.parametrize("command", ["measure", "compare"])
def test_tables_do_not_lie_among_the_landmarks(
    command: str, to: str, palnet: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    for name in ("anna", "ben"):
        (tmp_path / name).mkdir()
        for one in faces(("A", "B")):
            path = tmp_path / name / f"{one.name}.csv"
            write_sets([one], to, path if to == "csv" else tmp_path / name)
    before = sorted((tmp_path / "ben").iterdir())
    read = [tmp_path / "anna", tmp_path / "ben"]
    code, said = palnet(command, *read, "--output", tmp_path / "anna" / ".." / "ben")
    assert code == 1 and "is a folder that is read" in said and "name another folder with --output" in said
    assert sorted((tmp_path / "ben").iterdir()) == before
    if to == "csv":
        code, said = palnet("convert", tmp_path / "ben", "--to", "csv", "--output", tmp_path / "ben" / "all.csv")
        assert code == 1 and "be read with them the next time" in said
    assert palnet("convert", tmp_path / "ben", "--to", "tps", "--output", tmp_path / "ben" / "all.tps")[0] == 0
