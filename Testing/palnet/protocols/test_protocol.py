"""Protocols: what the bundled one says, and every way in which one may contradict itself."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.errors import ProtocolError
from palnet.protocols.protocol import Protocol

GOOD: dict[str, Any] = {
    "name": "mouse",
    "landmarks": [
        {"label": "tip", "name": "Tip of the nose"},
        {"label": "eye_R", "name": "Right eye", "side": "right", "pair": "eye_L"},
        {"label": "eye_L", "name": "Left eye", "side": "left", "pair": "eye_R"},
    ],
    "distances": [["tip", "eye_R"]],
    "angles": [["eye_R", "tip", "eye_L"]],
}


def changed(**landmark: Any) -> dict[str, Any]:
    """``GOOD`` with another second landmark."""
    data = copy.deepcopy(GOOD)
    data["landmarks"][1] |= landmark
    return data


def test_bundled_protocol() -> None:
    protocol = Protocol.bundled("face50")
    mirror = protocol.mirror()
    assert len(protocol) == 50
    assert (mirror[mirror] == np.arange(50)).all()
    sides = [landmark.side for landmark in protocol.landmarks]
    opposite = {"left": "right", "right": "left", "midline": "midline"}
    assert [opposite[side] for side in sides] == [sides[k] for k in mirror]
    assert all((mirror[k] == k) == (side == "midline") for k, side in enumerate(sides))
    assert all(landmark.name and landmark.definition for landmark in protocol.landmarks)


def test_bundled_protocol_is_the_papers(data: Any) -> None:
    facts = json.loads(data("landmarks50.json").read_text(encoding="utf-8"))
    rows = facts["landmarks"] if isinstance(facts, dict) else facts
    assert Protocol.bundled("face50").labels == [row["label"] for row in rows]


def test_json_round_trip() -> None:
    for protocol in (Protocol.from_json(GOOD), Protocol.bundled("face50")):
        assert Protocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol


def test_defaults() -> None:
    protocol = Protocol.from_json(GOOD)
    assert protocol.title == "mouse"
    assert protocol.index("eye_L") == 2
    assert protocol.mirror().tolist() == [0, 2, 1]
    assert protocol.landmarks[0].side == "midline"


FAULTS: dict[str, Any] = {
    "no name": {"landmarks": GOOD["landmarks"]},
    "no landmarks": {"name": "mouse"},
    "empty": {"name": "mouse", "landmarks": []},
    "landmarks that are text": {"name": "mouse", "landmarks": ["tip"]},
    "a list": [1, 2],
    "a number": 3,
    "nothing": None,
    "label twice": changed(label="tip", pair=""),
    "comma in the label": changed(label="eye,R"),
    "comma in the name": changed(name="Eye, right"),
    "label that is a number": changed(label=5),
    "empty label": changed(label=""),
    "empty name": changed(name=""),
    "landmark without a name": {"name": "mouse", "landmarks": [{"label": "tip"}]},
    "unknown key": changed(colour="red"),
    "pair that is not there": changed(pair="eye_X"),
    "pair of another": changed(pair="tip"),
    "pair with itself only": changed(pair="eye_R"),
    "unknown side": changed(side="Right"),
    "flat view": changed(view=[1, 0]),
    "view that is a number": changed(view=1),
    "distance to nothing": GOOD | {"distances": [["tip", "ear"]]},
    "distance of three": GOOD | {"distances": [["tip", "eye_R", "eye_L"]]},
    "angle of two": GOOD | {"angles": [["tip", "eye_R"]]},
    "angle at nothing": GOOD | {"angles": [["tip", "ear", "eye_L"]]},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str) -> None:
    with pytest.raises(ProtocolError, match="protocol") as caught:
        Protocol.from_json(FAULTS[fault])
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("content", [b"", b"not json", b"[", b"\xff\xfe\x00", b"{}", b"[]"])
def test_broken_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mäuse protocol.json"
    path.write_bytes(content)
    with pytest.raises(ProtocolError):
        Protocol.load(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ProtocolError, match="cannot be read"):
            Protocol.load(path)


def test_unknown_names() -> None:
    with pytest.raises(ProtocolError, match="no landmark 'Xy'"):
        Protocol.bundled("face50").index("Xy")
    for name in ("face51", "../models/face50", ""):
        with pytest.raises(ProtocolError, match=r"There is no protocol '.*'\. Bundled: face50, .*name a \.json file"):
            Protocol.bundled(name)
