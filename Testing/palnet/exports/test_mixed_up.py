"""Tables that were sorted by one column alone, letters that were lost, and whose each row of a table is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import LandmarkFileError
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import write_sets
from palnet.pipeline.model import Model

NAMES = ("Müller Jörg", "Case", "Anna Meyer")


def faces(sign: float = 1.0) -> list[LandmarkSet]:
    model, rng = Model.find("face50"), np.random.default_rng(4)
    labels = tuple(model.protocol.labels)
    return [LandmarkSet(one, labels, model.mean_shape * sign + rng.normal(0, 3, (len(labels), 3))) for one in NAMES]


def sorted_alone(path: Path, column: str) -> None:
    """A table of which one column was sorted and the others not."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, value in zip(rows, sorted(row[column] for row in rows), strict=True):
        row[column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(("to", "ending"), [("tps", ".tps"), ("morphologika", ".txt"), ("morphoj", ".txt")])
def test_labels_that_were_sorted_alone(tmp_path: Path, to: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_sets(faces(), to, path)
    assert len(read_sets(path)) == 3
    sorted_alone(tmp_path / f"{path.name}.landmarks.csv", "label")
    with pytest.raises(LandmarkFileError, match="are sorted, and do not fit the points"):
        read_sets(path)


def test_other_landmarks_and_mirrored_faces_are_no_sorted_labels(tmp_path: Path) -> None:
    write_sets(faces(-1.0), "tps", tmp_path / "mirrored.tps")
    assert len(read_sets(tmp_path / "mirrored.tps")) == 3
    skull = [LandmarkSet("A", tuple(f"s{k}" for k in range(12)), np.random.default_rng(1).normal(0, 40, (12, 3)))]
    write_sets(skull, "tps", tmp_path / "skull.tps")
    assert read_sets(tmp_path / "skull.tps")[0].labels[0] == "s0"


@pytest.mark.parametrize("to", ["tps", "nts", "gpa", "mrk"])
def test_names_that_were_sorted_alone(tmp_path: Path, to: str) -> None:
    path = tmp_path / (f"a.{to}" if to in ("tps", "nts") else to)
    write_sets(faces(), to, path)
    assert {one.name for one in read_sets(path)} == set(NAMES)
    table = path / "names.csv" if path.is_dir() else tmp_path / f"{path.name}.names.csv"
    sorted_alone(table, "name")
    with pytest.raises(LandmarkFileError, match="sort whole rows, not one column alone"):
        read_sets(path)


def test_names_that_a_person_gave_are_read(tmp_path: Path) -> None:
    write_sets(faces(), "tps", tmp_path / "a.tps")
    table = tmp_path / "a.tps.names.csv"
    table.write_text("written,name\nMuller_Jorg,P 3\nCase,P 1\nAnna_Meyer,P 2\n", encoding="utf-8")
    assert [one.name for one in read_sets(tmp_path / "a.tps")] == ["P 3", "P 1", "P 2"]
    table.write_text("written,name\nMuller_Jorg,P 3\nCase,P 1\n", encoding="utf-8")
    with pytest.raises(LandmarkFileError, match="does not list Anna_Meyer"):
        read_sets(tmp_path / "a.tps")


@pytest.mark.parametrize("text", ["specimen;label;x;y;z\n????;N;1;2;3\n", "label;x;y;z\n?? ??;1;2;3\n"])
def test_letters_that_were_lost(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(LandmarkFileError, match="whose letters are lost: save it again as UTF-8"):
        read_sets(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(text.replace("??", "Anna?"))
    assert read_sets(tmp_path / "a.csv")


ROWS = "A;N;1;2;3\nA;Prn;2;2;3\nB;N;1;2;4\nB;Prn;2;2;5\n"


@pytest.mark.parametrize("first", ["Patient ID;Landmark", "Subject_ID;Label", "ScanName;Label", "ID;Name", "File;Lm"])
def test_whose_a_landmark_is(tmp_path: Path, first: str) -> None:
    (tmp_path / "t.csv").write_text(f"{first};X;Y;Z\n{ROWS}")
    one, other = read_sets(tmp_path / "t.csv")
    assert (one.name, one.labels, other.name) == ("A", ("N", "Prn"), "B")
    np.testing.assert_array_equal(other.points, [[1, 2, 4], [2, 2, 5]])


def test_one_landmark_each_and_one_patient_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Patient ID;Landmark;X;Y;Z\nA;N;1;2;3\nB;Prn;2;2;3\nC;Sn;1;2;4\n")
    read = [(one.name, *one.labels) for one in read_sets(tmp_path / "t.csv")]
    assert read == [("A", "N"), ("B", "Prn"), ("C", "Sn")]
    (tmp_path / "t.csv").write_text("Subject ID;Label;X;Y;Z\nMeyer;N;1;2;3\nMeyer;Prn;2;2;3\n")
    assert [one.name for one in read_sets(tmp_path / "t.csv")] == ["Meyer"]
    # Numbers of rows are no specimens.
    (tmp_path / "t.csv").write_text("id;label;x;y;z\n1;N;1;2;3\n2;Prn;2;2;3\n")
    assert [one.name for one in read_sets(tmp_path / "t.csv")] == ["t"]


def test_a_landmark_that_stands_twice_is_told_with_whose_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"Patient;Label;X;Y;Z\n{ROWS}B;N;1;1;1\n")
    with pytest.raises(LandmarkFileError, match=r"'N' more than once \(of 'B'\), as in line 6"):
        read_sets(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text(f"Who;Label;X;Y;Z\n{ROWS}")
    with pytest.raises(LandmarkFileError, match="line 4: name each one only once, and where rows are of several spec"):
        read_sets(tmp_path / "t.csv")


@pytest.mark.parametrize("ending", [".csv", ".txt"])
@pytest.mark.parametrize("first", ["Label\tX (mm)\tY (mm)\tZ (mm)", "label\tx [mm]\ty [mm]\tz [mm]"])
def test_units_in_the_first_line_of_tables_with_tabs(tmp_path: Path, ending: str, first: str) -> None:
    (tmp_path / f"t{ending}").write_text(f"{first}\nN\t1\t2\t3\nPrn\t2\t2\t3\n")
    (one,) = read_sets(tmp_path / f"t{ending}")
    assert one.labels == ("N", "Prn") and one.unit_said


@pytest.mark.parametrize("version", [2, 3])
def test_labels_as_menpo_writes_them(tmp_path: Path, version: int) -> None:
    """``mask.nonzero()[0].tolist()``: the numbers of the points, from 0; also of whole parts."""
    labels = [{"label": "all", "mask": [0, 1, 2]}, {"label": "two", "mask": [1, 2]}]
    labels += [{"label": name, "mask": [k]} for k, name in enumerate(("N", "Prn", "Sn"))]
    group = {"landmarks": {"points": np.eye(3).tolist(), "connectivity": []}, "labels": labels}
    data = {"version": 3, "groups": {"LJSON": group}} if version == 3 else {"version": 2, **group}
    (tmp_path / "a.ljson").write_text(json.dumps(data))
    assert read_sets(tmp_path / "a.ljson")[0].labels == ("N", "Prn", "Sn")
    for one in labels:
        one["mask"] = [k in one["mask"] for k in range(3)]  # type: ignore[operator]
    (tmp_path / "a.ljson").write_text(json.dumps(data))
    assert read_sets(tmp_path / "a.ljson")[0].labels == ("N", "Prn", "Sn")
