"""What protocols define beside distances and angles, and what it measures, against numbers worked out by hand."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from palnet.errors import ProtocolError
from palnet.measures.measurements import Measurer, definitions, measure, reference_shape
from palnet.pipeline.model import Model
from palnet.protocols.protocol import Protocol
from palnet.rigid import apply, random_pose
from palnet.scans.surface_path import SurfacePaths
from shapes import grid

# A face as flat as a mask, but for its nose: x to the left, y up, z forward.
PLACES = {
    "N": (0.0, 0.0, 0.0),
    "Prn": (0.0, -40.0, 20.0),
    "Gn": (3.0, -100.0, 0.0),
    "Ex_R": (-40.0, 0.0, 0.0),
    "Ch_R": (-30.0, -60.0, 0.0),
    "T_R": (-60.0, -10.0, 0.0),
    "Ex_L": (40.0, 0.0, 0.0),
    "Ch_L": (30.0, -60.0, 0.0),
    "T_L": (60.0, -10.0, 0.0),
}
SIDES = {"R": "right", "L": "left"}
DATA: dict[str, Any] = {
    "name": "mask",
    "landmarks": [
        {"label": label, "name": label, "side": SIDES.get(label[-1], "midline"), "pair": label}
        if "_" not in label
        else {"label": label, "name": label, "side": SIDES[label[-1]], "pair": label[:-1] + "RL"[label[-1] == "R"]}
        for label in PLACES
    ],
    "distances": [["N", "Gn"], ["Ex_R", "Ex_L"]],
    "angles": [["Ex_R", "N", "Ex_L"], ["N", "Prn", "Gn"]],
    "measurements": [
        {"label": "Eyes", "kind": "distance", "points": ["Ex_L", "Ex_R"], "name": "Width of the eyes"},
        {"label": "Mc", "kind": "midpoint", "points": ["Ch_R", "Ch_L"]},
        {"label": "Nose to mouth", "kind": "distance", "points": ["Prn", "Mc"]},
        {"label": "down", "kind": "projected distance", "points": ["N", "Prn"], "onto": "y"},
        {"label": "forward", "kind": "projected distance", "points": ["N", "Prn"], "onto": "z"},
        {"label": "sideways", "kind": "projected distance", "points": ["Prn", "Ch_L"], "onto": "x"},
        {"label": "frontal", "kind": "projected distance", "points": ["Prn", "Ch_L"], "onto": "xy"},
        {"label": "chin", "kind": "midsagittal distance", "points": ["Gn"]},
        {"label": "way", "kind": "surface path", "points": ["Ex_R", "Ch_L"]},
        {"label": "index", "kind": "ratio", "of": ["Nose to mouth", "Eyes"]},
        {"label": "other index", "kind": "ratio", "of": ["Eyes", "N-Gn"]},
    ],
}
PROTOCOL = Protocol.from_json(DATA)
POINTS = np.array(list(PLACES.values()))
HEIGHT = float(np.hypot(3, 100))
EXPECTED = {
    "Eyes": 80.0,
    "Nose to mouth": float(np.hypot(20, 20)),
    "down": 40.0,
    "forward": 20.0,
    "sideways": 30.0,
    "frontal": float(np.hypot(30, 20)),
    "chin": 3.0,
    "way": np.nan,
    "index": 100 * float(np.hypot(20, 20)) / 80,
    "other index": 8000 / HEIGHT,
    "N-Gn": HEIGHT,
    "Ex_R-N-Ex_L": 180.0,
}


@pytest.mark.parametrize("seed", range(4))
def test_every_kind_in_any_pose(seed: int) -> None:
    points = apply(random_pose(np.random.default_rng(seed), 90.0, 300.0), POINTS)
    found = measure(PROTOCOL, points, reference=POINTS)
    assert list(found) == [*EXPECTED, "N-Prn-Gn"] == [one.label for one in definitions(PROTOCOL)]
    for label, value in EXPECTED.items():
        assert found[label] == pytest.approx(value, abs=0.02, nan_ok=True), label


def test_surface_path_and_outlines() -> None:
    mask = POINTS.copy()
    mask[:, 2] = 0.0
    surface = grid(30, 10.0)
    moved = type(surface)(surface.points - [150.0, 150.0, 0.0], surface.triangles)
    paths, measurer = SurfacePaths(moved), Measurer(PROTOCOL, POINTS)
    assert measurer.values(mask, paths)["way"] == pytest.approx(np.hypot(70, 60), rel=1e-9)
    ways = {one.label: measurer.outline(one, POINTS, paths) for one in measurer.definitions}
    assert ways["index"] is None and ways["other index"] is None
    np.testing.assert_allclose(ways["Eyes"], POINTS[[6, 3]])
    np.testing.assert_allclose(ways["N-Prn-Gn"], POINTS[[0, 1, 2]])
    np.testing.assert_allclose(ways["Nose to mouth"], [PLACES["Prn"], [0, -60, 0]])
    np.testing.assert_allclose(ways["down"], [[0, 0, 0], [0, -40, 0]], atol=0.02)
    np.testing.assert_allclose(ways["frontal"], [PLACES["Prn"], [30, -60, 20]], atol=0.02)
    np.testing.assert_allclose(ways["chin"], [[3, -100, 0], [0, -100, 0]], atol=0.02)
    way = measurer.outline(measurer.definitions[7], mask, paths)
    assert way is not None
    np.testing.assert_allclose(way[[0, -1]], mask[[3, 7]], atol=1e-9)
    np.testing.assert_allclose(way[:, 2], 0.0, atol=1e-9)
    gone = np.full(POINTS.shape, np.nan)
    assert all(measurer.outline(one, gone, paths) is None for one in measurer.definitions)


def test_missing_landmark_measures_nothing() -> None:
    points = POINTS.copy()
    points[PROTOCOL.index("Ch_R")] = np.nan
    found = measure(PROTOCOL, points, reference=POINTS)
    missing = {label for label, value in found.items() if np.isnan(value)}
    assert missing == {"Nose to mouth", "way", "index"}
    assert found["chin"] == pytest.approx(3.0, abs=0.02)
    nothing = measure(PROTOCOL, np.full(POINTS.shape, np.nan), reference=POINTS)
    assert list(nothing) == list(found) and np.isnan(list(nothing.values())).all()


def test_reference_of_shapes_without_a_model() -> None:
    """In the mean's own frame, up to how well views tell up from forward, lengths along the axes are the same."""
    shapes = np.stack([apply(random_pose(np.random.default_rng(seed), 60.0, 50.0), POINTS) for seed in range(3)])
    mean = reference_shape(PROTOCOL, shapes)
    assert mean is not None
    assert measure(PROTOCOL, shapes[1], reference=mean)["sideways"] == pytest.approx(30.0, abs=0.05)
    shapes[:, 1] = np.nan
    assert reference_shape(PROTOCOL, shapes) is None
    found = measure(PROTOCOL, shapes[0])
    assert np.isnan(found["sideways"]) and found["chin"] == pytest.approx(3.0, abs=0.02)


def test_measurements_are_of_the_bundled_protocol_where_a_model_has_none() -> None:
    """Models carry the protocol of their training."""
    bundled = Protocol.bundled("face50")
    old = Protocol.from_json({k: v for k, v in bundled.to_json().items() if k != "measurements"})
    assert not old.measurements
    assert definitions(old) == definitions(bundled)
    other = Protocol.from_json(old.to_json() | {"name": "face 51"})
    assert [one.label for one in definitions(other)] == ["-".join(g) for g in (*old.distances, *old.angles)]


def test_bundled_measurements() -> None:
    """The paper's come first and in its order; those of the mean face are a face's."""
    protocol, mean = Protocol.bundled("face50"), Model.find("face50").mean_shape
    found = measure(protocol, mean)
    papers = ["-".join(group) for group in (*protocol.distances, *protocol.angles)]
    assert list(found)[: len(papers)] == papers and not protocol.unnamed()
    named = definitions(protocol)
    assert all(one.name for one in named) and len({one.name for one in named}) == len(named)
    for label, value in found.items():
        assert np.isnan(value) == label.endswith("surface"), label
    # Symmetric, and, for Europeans, within two SD of Farkas 1994: face height, nose height, mouth, nasal index.
    assert found["T_R-N"] == pytest.approx(found["T_L-N"], abs=0.01)
    assert found["Pg midsagittal"] == pytest.approx(0.0, abs=0.1)
    for label, low, high in (("N-Gn", 105, 135), ("N-Sn", 46, 62), ("Ch_R-Ch_L", 44, 62), ("Nasal index", 52, 80)):
        assert low < found[label] < high, label
    assert found["N-Gn vertical"] <= found["N-Gn"] and found["Sn-Prn forward"] < found["Sn-Prn"]


def test_round_trip_and_old_data() -> None:
    data = PROTOCOL.to_json()
    assert Protocol.from_json(data) == PROTOCOL
    assert data["measurements"][-1] == {"label": "other index", "kind": "ratio", "of": ["Eyes", "N-Gn"]}
    without = {k: v for k, v in DATA.items() if k != "measurements"}
    # As models wrote it before there were measurements: their checksum covers this text.
    keys = {"name", "title", "landmarks", "distances", "angles", "facts"}
    assert Protocol.from_json(without).to_json().keys() == keys


def faulty(**change: Any) -> dict[str, Any]:
    """``DATA`` with one measurement more."""
    data = copy.deepcopy(DATA)
    data["measurements"].append({"label": "new", "kind": "distance", "points": ["N", "T_L"]} | change)
    return data


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no landmark": (faulty(points=["N", "Xy"]), "'Xy', which is no landmark"),
    "one point": (faulty(points=["N"]), "needs 2 different points"),
    "twice the same point": (faulty(points=["N", "N"]), "needs 2 different points"),
    "angle of two": (faulty(kind="angle"), "needs 3 different points"),
    "unknown kind": (faulty(kind="volume"), "unknown kind 'volume'"),
    "kind that is a number": (faulty(kind=3), "a text that is none"),
    "no label": (faulty(label=""), "without a label"),
    "label of a landmark": (faulty(label="N"), "more than once"),
    "label of a measurement": (faulty(label="Eyes"), "more than once"),
    "label of a distance without a name": (faulty(label="N-Prn-Gn", points=["N", "Prn"]), "more than once"),
    "comma": (faulty(name="Height, of the face"), "comma"),
    "unknown key": (faulty(colour="red"), "not a landmark protocol"),
    "points that are text": (faulty(points="NG"), "no list of labels"),
    "a text": ({**DATA, "measurements": ["N-Gn"]}, "not a landmark protocol"),
    "nothing": ({**DATA, "measurements": None}, "not a landmark protocol"),
    "no axis": (faulty(kind="projected distance"), "onto"),
    "unknown axis": (faulty(kind="projected distance", onto="w"), "onto"),
    "axis of a distance": (faulty(onto="x"), "onto"),
    "nonsense of a distance": (faulty(onto="w"), "onto"),
    "axis of an angle": (faulty(kind="angle", points=["N", "Prn", "Gn"], onto="x"), "onto"),
    "ratio of one": (faulty(kind="ratio", points=[], of=["Eyes"]), "two lengths"),
    "ratio of angles": (faulty(kind="ratio", points=[], of=["Eyes", "N-Prn-Gn"]), "'N-Prn-Gn', which is no length"),
    "ratio of ratios": (faulty(kind="ratio", points=[], of=["Eyes", "index"]), "'index', which is no length"),
    "ratio of points": (faulty(kind="ratio"), "needs 0 different points"),
    "midpoint of itself": (faulty(kind="midpoint", points=["N", "new"]), "'new', which is no landmark"),
    "midpoint used before": (
        {**DATA, "measurements": [DATA["measurements"][2], DATA["measurements"][1]]},
        "'Mc', which is no landmark and no midpoint before it",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str) -> None:
    data, says = FAULTS[fault]
    with pytest.raises(ProtocolError) as caught:
        Protocol.from_json(data)
    assert says in str(caught.value) and "protocol" in str(caught.value) and str(caught.value).endswith(".")
