"""Files of landmarks in every format that users have, and what is said of those that are not right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from palnet.errors import LandmarkFileError
from palnet.formats.files import ENDINGS, landmark_stem, read_landmarks
from slicer_text import markups, row

POINTS = np.array([[1.5, -2.0, 3.25], [10.0, 20.0, -30.0]])
FLIP = np.array([-1.0, -1.0, 1.0])


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("system", "sign"), [("LPS", 1.0), ("RAS", FLIP)])
def test_markups_in_either_frame(tmp_path: Path, system: str, sign: Any) -> None:
    rows = [row(label, list(place)) for label, place in zip("ab", POINTS, strict=True)]
    read = read_landmarks(written(tmp_path, "a.mrk.json", markups(rows, coordinateSystem=system)))
    assert read.labels == ("a", "b") and read.unit == "mm"
    np.testing.assert_array_equal(read.points, POINTS * sign)


@pytest.mark.parametrize(
    "unset",
    [
        row("b", ""),
        row("b", []),
        row("b", None),
        row("b", [1, 2, 3], positionStatus="undefined"),
        row("b", [1, 2, 3], positionStatus="missing"),
        row("b", [1, 2, 3], positionStatus="preview"),
        {"label": "b"},
    ],
)
def test_unset_points_are_nan(tmp_path: Path, unset: dict[str, Any]) -> None:
    rows = [row("a", [1, 2, 3], positionStatus="defined"), unset, row("c", [4, 5, 6])]
    points = read_landmarks(written(tmp_path, "a.mrk.json", markups(rows))).points
    assert np.isnan(points[1]).all()
    np.testing.assert_array_equal(points[[0, 2]], [[1, 2, 3], [4, 5, 6]])


def test_all_point_lists_of_a_markups_file_are_read_and_their_unit_is_told(tmp_path: Path) -> None:
    """Each in its own frame; curves and planes are no point lists."""
    lists = [
        json.loads(markups(rows, **node))["markups"][0]
        for rows, node in (
            ([row("c", [7, 7, 7])], {"type": "Curve"}),
            ([], {}),
            ([row("a", [1, 2, 3])], {}),
            ([row("p", [7, 7, 7])], {"type": "Plane", "coordinateUnits": "mm"}),
            ([row("z", [9, 8, 7])], {"coordinateSystem": "RAS"}),
        )
        if node.update(coordinateUnits="cm") is None
    ]
    read = read_landmarks(written(tmp_path, "a.mrk.json", json.dumps({"markups": lists})))
    assert (read.labels, read.unit) == (("a", "z"), "cm")
    np.testing.assert_array_equal(read.points, [[1, 2, 3], [-9, -8, 7]])


def test_point_lists_that_contradict_each_other(tmp_path: Path) -> None:
    one, other = (json.loads(markups([row("a", [k, 2, 3])]))["markups"][0] for k in (1, 2))
    for second, said in (
        (other, "'a' stands in more than one"),
        ({**other, "coordinateUnits": "cm"}, "cm and in mm"),
    ):
        path = written(tmp_path, "a.mrk.json", json.dumps({"markups": [one, second]}))
        with pytest.raises(LandmarkFileError, match=said):
            read_landmarks(path)


@pytest.mark.parametrize(("system", "sign"), [("0", FLIP), ("1", 1.0), ("RAS", FLIP), ("LPS", 1.0), (None, FLIP)])
def test_fcsv_in_either_frame(tmp_path: Path, system: str | None, sign: Any) -> None:
    head = "# Markups fiducial file version = 4.11\n" + (f"# CoordinateSystem = {system}\n" if system else "")
    columns = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
    rows = "1,1.5,-2,3.25,0,0,0,1,1,1,0,a,,,2,0\n2,10,20,-30,0,0,0,1,1,1,0,b,note,,2,0\n"
    read = read_landmarks(written(tmp_path, "a.fcsv", head + columns + rows))
    assert read.labels == ("a", "b")
    np.testing.assert_array_equal(read.points, POINTS * sign)


def test_fcsv_with_fewer_columns_or_without_their_names(tmp_path: Path) -> None:
    short = "# CoordinateSystem = LPS\n# columns = label,x,y,z,sel,vis\na,1.5,-2,3.25,1,1\nb,10,20,-30,1,1\n"
    unnamed = "# CoordinateSystem = LPS\n1,1.5,-2,3.25,0,0,0,1,1,1,0,a\n2,10,20,-30,0,0,0,1,1,1,0,b,,\n"
    for text in (short, unnamed):
        read = read_landmarks(written(tmp_path, "a.fcsv", text))
        assert read.labels == ("a", "b")
        np.testing.assert_array_equal(read.points, POINTS)


def test_fcsv_of_slicermorph_that_ends_no_last_line(tmp_path: Path) -> None:
    """What is behind the label may be cut, unless it is the status: then a cell is missing, too."""
    head = "# CoordinateSystem = LPS\n# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
    for behind, whole in ((",,", True), (",", False), ("", False), (",,,3,0", True), (",,,3,", True), (",,,3", False)):
        rows = f"1,1,2,3,0,0,0,1,1,1,0,a{',,,2,0' if '3' in behind else ',,'}\n2,4,5,6,0,0,0,1,1,1,0,b{behind}"
        path = written(tmp_path, "a.fcsv", head + rows)
        if whole:
            assert np.isnan(read_landmarks(path).points[1]).all() == ("3" in behind)
        else:
            with pytest.raises(LandmarkFileError, match="ends within a line"):
                read_landmarks(path)


def test_fcsv_with_an_unset_point(tmp_path: Path) -> None:
    text = "# CoordinateSystem = LPS\n1,0,0,0,0,0,0,1,1,1,0,a,,,0,0\n2,10,20,-30,0,0,0,1,1,1,0,b,,,2,0\n"
    points = read_landmarks(written(tmp_path, "a.fcsv", text)).points
    assert np.isnan(points[0]).all() and points[1, 0] == 10


@pytest.mark.parametrize(
    "text",
    [
        "label,x,y,z\na,1.5,-2,3.25\nb,10,20,-30\n",
        "a,1.5,-2,3.25\nb,10,20,-30\n",
        "\ufeffLabel;X;Y;Z\r\na;1,5;-2;3,25\r\nb;10;20;-30\r\n",
        "z\ty\tx\tname\n3.25\t-2\t1.5\ta\n-30\t20\t10\tb\n",
        'label,x,y,z\n"a",1.5,-2,3.25\n\n" b ",10,20,-30\n',
        "frame,label,x,y,z\nRAS,a,-1.5,2,3.25\nRAS,b,-10,-20,-30\n",
        "label,r,a,s,defined,selected\na,-1.5,2,3.25,1,1\nb,-10,-20,-30,1,1\n",
        "label,l,p,s,defined,selected\na,1.5,-2,3.25,1,1\nb,10,20,-30,1,1\n",
    ],
)
def test_tables(tmp_path: Path, text: str) -> None:
    read = read_landmarks(written(tmp_path, "a.csv", text))
    assert read.labels == ("a", "b")
    np.testing.assert_array_equal(read.points, POINTS)


def test_tables_with_unset_points(tmp_path: Path) -> None:
    text = "label,x,y,z\na,,,\nb,NA,NA,NA\nc,1,2,3\n"
    points = read_landmarks(written(tmp_path, "a.csv", text)).points
    assert np.isnan(points).all(axis=1).tolist() == [True, True, False]
    slicer = "label,l,p,s,defined\na,0,0,0,0\nb,1,2,3,1\n"
    points = read_landmarks(written(tmp_path, "b.csv", slicer)).points
    assert np.isnan(points).all(axis=1).tolist() == [True, False]


def test_lafas(tmp_path: Path) -> None:
    rows = "1\t(1.5,-2,3.25)\n10\t(10.0, 20.0, -30.0)\n"
    for head in ("", "landmark names and coordinates\n"):
        read = read_landmarks(written(tmp_path, "a.txt", head + rows))
        assert read.labels == ("1", "10")
        np.testing.assert_array_equal(read.points, POINTS)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.mrk.json", "{", "is no Markups file"),
        ("a.mrk.json", "[]", "is no Markups file"),
        ("a.mrk.json", '{"markups": []}', "is no Markups file"),
        ("a.mrk.json", '{"markups": ["x"]}', "is no Markups file"),
        ("a.mrk.json", markups([]), "holds no landmarks"),
        ("a.mrk.json", markups([row("a", [1, 2, 3])], type="Plane"), "holds no point list, but Plane"),
        ("a.mrk.json", markups([row("a", [1, 2, 3], positionStatus="Defined")]), "the status"),
        ("a.mrk.json", '{"markups": [{"controlPoints": [{"label": "a", "label": "b"}]}]}', "is no Markups file"),
        ("a.mrk.json", "[" * 100_000, "is no Markups file"),
        ("a.mrk.json", markups([row("a", [1, 2, 10**400])]), "point 1"),
        ("a.mrk.json", markups([row("a", [1, 2, float("inf")])]), "too large"),
        ("a.mrk.json", markups([row("a", [1, 2])]), "point 1 ('a') in a.mrk.json"),
        ("a.mrk.json", markups([row("a", "1 2 3")]), "point 1 ('a') in a.mrk.json"),
        ("a.mrk.json", markups([row("a", [1, 2, 3])], coordinateSystem="IJK"), "'IJK'"),
        ("a.mrk.json", markups([row("a", [1, 2, 3]), row("a", [1, 2, 3])]), "'a' more than once"),
        ("a.mrk.json", markups([row("a", [1, 2, 3]), row(" ", [1, 2, 3])]), "Landmark 2 in a.mrk.json has no label"),
        ("a.fcsv", "# CoordinateSystem = 2\n1,1,2,3,0,0,0,1,1,1,0,a\n", "'2'"),
        ("a.fcsv", "1,1,2,3\n", "line 1 of a.fcsv"),
        ("a.fcsv", "# x\n1,1,two,3,0,0,0,1,1,1,0,a\n", "line 2 of a.fcsv"),
        ("a.csv", "", "holds no landmarks"),
        ("a.csv", ",,,\n,,,\n", "holds no landmarks"),
        ("a.csv", "Nr;Bezeichner;X;Y;Z\n1;Prn;1;2;3\n2;Sn;4;5;6\n", "'Bezeichner' may hold the labels"),
        ("a.csv", ",what,x,y,z\n1,Prn,1,2,3\n", "'what' may hold the labels"),
        ("a.txt", "what x y z\n1 Prn 1 2 3\n2 Sn 4 5 6\n", "'what' may hold the labels"),
        ("a.csv", "label,x,y,z\nPr\0n,1,2,3\n", "is no text file"),
        ("a.csv", "sep=;\n;;;\n", "holds no landmarks"),
        ("a.txt", "\t\t\n", "holds no landmarks"),
        ("a.csv", "label,x,y,z\na,1,2,3\nb,1,2\n", "line 3 of a.csv"),
        ("a.csv", "label,x,y,z\na,1,2,north\n", "line 2 of a.csv"),
        ("a.csv", "x,y,z,what\n1,2,3,a\n", "names no column 'label': none of what"),
        ("a.csv", "what,X (km),Y (km),Z (km)\na,1,2,3\n", "the unit km"),
        ("a.csv", "length,width,height\n1,2,3\n", "line 1 of a.csv, the names of the columns are not known"),
        ("a.csv", "1.5,1,2,3\n", "the labels are numbers with decimals"),
        ("a.csv", "a,length,width,height\n", "names of the columns are not known here. Known are"),
        ("a.csv", "label,x,y,z,frame\na,1,2,3,RAS\nb,1,2,3,LPS\n", "LPS and RAS"),
        ("a.txt", "1\t(1,2,3)\n2\t1,2,3\n", "line 2 of a.txt"),
        ("a.txt", "1\t(1,2)\n", "line 1 of a.txt"),
        ("a.docx", "", "no file of landmarks that is known"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(LandmarkFileError) as caught:
        read_landmarks(written(tmp_path, name, text))
    assert said in str(caught.value) and name in str(caught.value)


def test_files_that_are_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(LandmarkFileError, match="cannot be read"):
        read_landmarks(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"\xff\x00a")
    with pytest.raises(LandmarkFileError, match="UTF-8"):
        read_landmarks(tmp_path / "a.csv")


def test_stems() -> None:
    names = {"A b.mrk.json": "A b", "A.1.FCSV": "A.1", "A.csv": "A", "x.MRK.JSON": "x"}
    assert {name: landmark_stem(Path(name)) for name in names} == names


@settings(max_examples=settings().max_examples * 3 // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(ENDINGS), data=st.data())
def test_no_file_brings_it_down(tmp_path: Path, ending: str, data: st.DataObject) -> None:
    pieces = ["label,x,y,z\n", "a,1,2,3\n", "\t(1,2,3)\n", ";", ",", "sep=;\n", '"', "# CoordinateSystem = "]
    pieces += ["1e999", "NaN", "\n", "é"]
    text = "".join(data.draw(st.lists(st.one_of(st.sampled_from(pieces), st.text(max_size=8)), max_size=12)))
    if ending == ".mrk.json":
        inner = st.recursive(
            st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=4)),
            lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.text(max_size=4), part, max_size=3)),
            max_leaves=8,
        )
        point = st.dictionaries(st.sampled_from(["label", "position", "positionStatus"]), inner)
        node = st.fixed_dictionaries({"controlPoints": st.one_of(st.lists(st.one_of(point, inner), max_size=3), inner)})
        text = json.dumps({"markups": data.draw(st.lists(st.one_of(node, inner), max_size=2))})
    path = tmp_path / f"fuzz{ending}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read = read_landmarks(path)
    except LandmarkFileError as error:
        assert path.name in str(error)
    else:
        assert read.points.shape == (len(read.labels), 3) and not np.isinf(read.points).any()
        assert len(set(read.labels)) == len(read.labels)


@pytest.mark.parametrize("kind", ["commas", "quotes", "semicolons", "decimal commas", "tabs", "utf-16"])
def test_fcsv_as_a_spreadsheet_saves_it(tmp_path: Path, kind: str) -> None:
    rows = "1,1.5,-2,3.25,0,0,0,1,1,1,0,a,,\n2,10,20,-30,0,0,0,1,1,1,0,b,note,\n"
    columns = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
    text = f"# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n{columns}\n{rows}"
    if kind in ("commas", "quotes"):
        text = text.replace("4.11\n", "4.11,,,\n").replace("LPS\n", "LPS,,,\n")
    if kind == "quotes":
        text = text.replace(columns, f'"{columns}"')
    if kind in ("semicolons", "decimal commas"):
        text = text.replace(",", ";").replace("." if kind == "decimal commas" else "\0", ",")
    if kind in ("tabs", "utf-16"):
        text = text.replace(",", "\t")
    path = tmp_path / "a.fcsv"
    path.write_text(text.replace("4,11", "4.11"), encoding="utf-16" if kind == "utf-16" else "utf-8")
    read = read_landmarks(path)
    assert read.labels == ("a", "b")
    np.testing.assert_array_equal(read.points, POINTS)
