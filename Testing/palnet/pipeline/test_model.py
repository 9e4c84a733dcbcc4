"""The model file: what goes in comes out, damage is noticed, and opening one runs nothing from it."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.errors import ModelError, OutputError
from palnet.pipeline.model import Model, _checksum, bundled_models
from palnet.pipeline.predictor import Predictor
from palnet.pipeline.shape import ShapeModel
from palnet.protocols.protocol import Protocol


@pytest.fixture
def model() -> Model:
    rng = np.random.default_rng(1)
    protocol = Protocol.from_json({"name": "two", "landmarks": [{"label": k, "name": f"Place {k}"} for k in "ab"]})
    return Model(
        name="tiny",
        protocol=protocol,
        network=("cascade", {"kinds": [0, 1]}),
        weights={"a.weight": rng.normal(size=(3, 4)).astype(np.float32), "a.count": np.array(7)},
        mean_shape=rng.normal(size=(2, 3)),
        template=rng.normal(size=(9, 6)),
        alignment={"network/out": rng.normal(size=5)},
        settings={"rounds": 2},
        facts={"place": "Zürich"},
    )


def shape(landmarks: int = 2) -> ShapeModel:
    """A shape model that knows nothing."""
    numbers = np.ones((landmarks, 3)), np.ones((1, 3 * landmarks)), np.ones(landmarks)
    return ShapeModel(*numbers, np.arange(landmarks))


@pytest.fixture
def file(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "a new folder" / "töny.palnet"
    model.save(path)
    return path


def test_a_model_that_cannot_be_written_is_a_sentence(model: Model, tmp_path: Path) -> None:
    (tmp_path / "m.palnet").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "m.palnet", tmp_path / "file" / "m.palnet"):
        with pytest.raises(OutputError, match="The model cannot be written to"):
            model.save(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "m.palnet"]


def rewritten(file: Path, change: dict[str, Any], **arrays: Any) -> Path:
    """The file with another header or other arrays, and a checksum that is right."""
    with np.load(file) as old:
        held = {name: old[name] for name in old.files} | arrays
    header = json.loads(str(held.pop("header"))) | change
    text = json.dumps({key: value for key, value in header.items() if value is not ...})
    held.pop("checksum")
    held = {name: value for name, value in held.items() if value is not None}
    np.savez_compressed(file.open("wb"), header=np.array(text), checksum=np.array(_checksum(text, held)), **held)
    return file


def test_round_trip(model: Model, file: Path) -> None:
    loaded = Model.load(file)
    assert (loaded.name, loaded.protocol, loaded.network) == (model.name, model.protocol, model.network)
    assert (loaded.settings, loaded.facts, loaded.checksum) == (model.settings, model.facts, model.checksum)
    assert len(model.checksum) == 64
    for part in ("weights", "alignment"):
        before, after = getattr(model, part), getattr(loaded, part)
        assert before.keys() == after.keys()
        for name in before:
            np.testing.assert_array_equal(after[name], before[name])
            assert after[name].dtype == before[name].dtype
    np.testing.assert_array_equal(loaded.mean_shape, model.mean_shape)
    np.testing.assert_array_equal(loaded.template, model.template)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_shape_model_may_be_absent(model: Model, file: Path) -> None:
    assert Model.load(file).shape is None
    model.shape = shape()
    model.save(file)
    loaded = Model.load(file).shape
    assert loaded is not None
    for name, value in model.shape.to_arrays().items():
        np.testing.assert_array_equal(loaded.to_arrays()[name], value)


@pytest.mark.parametrize("part", ["mean", "modes", "residual", "mirror"])
def test_shape_model_that_is_not_whole(model: Model, file: Path, part: str) -> None:
    model.shape = shape()
    model.save(file)
    with pytest.raises(ModelError, match="not a complete landmark model"):
        Model.load(rewritten(file, {}, **{f"shape/{part}": None}))


def test_shape_model_of_another_protocol(model: Model, file: Path) -> None:
    model.shape = shape(3)
    model.save(file)
    with pytest.raises(ModelError, match="shape model that does not fit its 2 landmarks"):
        Model.load(file)


def test_checksum_covers_everything(model: Model, tmp_path: Path) -> None:
    checksums = set()
    for change in ("nothing", "weights", "settings", "facts", "mean_shape", "alignment", "shape"):
        if change == "weights":
            model.weights["a.weight"][0, 0] += 1
        elif change in ("settings", "facts"):
            getattr(model, change)["more"] = 1
        elif change == "mean_shape":
            model.mean_shape[0, 0] += 1
        elif change == "alignment":
            model.alignment["network/out"][0] += 1
        elif change == "shape":
            model.shape = shape()
        model.save(tmp_path / "m.palnet")
        checksums.add(model.checksum)
    assert len(checksums) == 7


def test_every_damaged_byte_is_noticed(model: Model, file: Path) -> None:
    good = file.read_bytes()
    refused = 0
    for place in range(0, len(good), max(1, len(good) // 400)):
        damaged = bytearray(good)
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        try:
            loaded = Model.load(file)
        except ModelError as error:
            assert str(error).startswith("töny.palnet ")
            refused += 1
        else:
            # Some bytes of a zip file, its dates for example, mean nothing.
            assert loaded.checksum == model.checksum
            np.testing.assert_array_equal(loaded.weights["a.weight"], model.weights["a.weight"])
    assert refused > 200


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated(file: Path, share: float) -> None:
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(ModelError, match="not a landmark model, or it is damaged"):
        Model.load(file)


def test_changed_array_does_not_match_the_checksum(model: Model, file: Path) -> None:
    with np.load(file) as old:
        held = {name: old[name] for name in old.files}
    held["weights/a.weight"][0, 0] += 1e-6
    with file.open("wb") as out:
        np.savez(out, **held)
    with pytest.raises(ModelError, match="checksum does not match"):
        Model.load(file)


def test_other_version_and_format(file: Path) -> None:
    with pytest.raises(ModelError, match="model format 2, this program reads 1"):
        Model.load(rewritten(file, {"version": 2}))
    with pytest.raises(ModelError, match="is not a landmark model"):
        Model.load(rewritten(file, {"format": "something else"}))


@pytest.mark.parametrize("key", ["name", "protocol", "network", "settings", "facts"])
def test_missing_key(file: Path, key: str) -> None:
    with pytest.raises(ModelError, match="not a complete landmark model"):
        Model.load(rewritten(file, {key: ...}))


@pytest.mark.parametrize("key", ["protocol", "network", "settings", "facts"])
@pytest.mark.parametrize("value", [None, 3, "text"])
def test_key_of_another_kind(file: Path, key: str, value: Any) -> None:
    with pytest.raises(ModelError, match="not a complete landmark model"):
        Model.load(rewritten(file, {key: value}))


@pytest.mark.parametrize("array", ["mean_shape", "template"])
def test_missing_array(file: Path, array: str) -> None:
    with pytest.raises(ModelError, match="not a complete landmark model"):
        Model.load(rewritten(file, {}, **{array: None}))


def test_mean_shape_of_another_protocol(file: Path) -> None:
    with pytest.raises(ModelError, match="does not fit its 2 landmarks"):
        Model.load(rewritten(file, {}, mean_shape=np.zeros((3, 3))))


def test_protocol_that_contradicts_itself(file: Path) -> None:
    landmark = {"label": "a", "name": "A"}
    with pytest.raises(ModelError, match="more than once"):
        Model.load(rewritten(file, {"protocol": {"name": "x", "landmarks": [landmark, landmark]}}))


def other_files() -> dict[str, bytes]:
    """Files that are no models."""
    archive, single, wrong_header = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("readme.txt", "hello")
    np.save(single, np.zeros(3))
    np.savez(wrong_header, header=np.array("[1, 2]"), checksum=np.array("x"))
    return {
        "text": b"This is no model.\n",
        "empty": b"",
        "zip": archive.getvalue(),
        "npy": single.getvalue(),
        "header that is a list": wrong_header.getvalue(),
        "pickle": pickle.dumps({"format": "palnet-model"}),
        "magic": b"PK\x03\x04" + bytes(100),
    }


@pytest.mark.parametrize("kind", other_files())
def test_other_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other.palnet"
    path.write_bytes(other_files()[kind])
    with pytest.raises(ModelError, match=r"other\.palnet is not a landmark model"):
        Model.load(path)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "code has run")


@pytest.mark.parametrize("where", ["header", "weights/a.weight", "template", "more"])
def test_pickle_inside_is_not_run(file: Path, tmp_path: Path, where: str) -> None:
    sprung = tmp_path / "sprung"
    with np.load(file) as old:
        held = {name: old[name] for name in old.files}
    held[where] = np.array([Trap(sprung)], dtype=object)
    with file.open("wb") as out:
        np.savez(out, allow_pickle=True, **held)
    with np.load(file, allow_pickle=True) as careless:
        careless[where]
    assert sprung.exists()  # the trap works
    sprung.unlink()
    with pytest.raises(ModelError):
        Model.load(file)
    assert not sprung.exists()


def test_find(file: Path, tmp_path: Path) -> None:
    assert Model.find(file).name == "tiny"
    with pytest.raises(ModelError, match="no model 'nonsense'"):
        Model.find("nonsense")
    with pytest.raises(ModelError, match="no model file"):
        Model.find(tmp_path / "none.palnet")
    with pytest.raises(ModelError, match="no model file"):
        Model.load(tmp_path)


def test_bundled_models_are_small_and_whole() -> None:
    assert bundled_models(), "no model is bundled"
    for name, path in bundled_models().items():
        assert path.stat().st_size <= 10_000_000
        assert Model.find(name).checksum


@pytest.mark.parametrize("array", ["weights/a.weight", "mean_shape", "template", "alignment/network/out"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(file: Path, array: str, value: float) -> None:
    with np.load(file) as held:
        wrong = held[array].copy()
    wrong.flat[-1] = value
    with pytest.raises(ModelError, match=f"'{array}' holds values that are no numbers"):
        Model.load(rewritten(file, {}, **{array: wrong}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("error_scale", -1.05),
        ("error_scale", "1"),
        ("rounds", 0),
        ("rounds", 2.5),
        ("rounds", True),
        ("scale", 0.0),
        ("scale", 10**400),
        ("most_doubt_mm", None),
        ("doubtful_mm", [3.0]),
        ("least_presence", 1.5),
        ("smaller_sizes", [0.75, -1.0]),
        ("expected_error_mm", [1.0]),
        ("expected_error_mm", [1.0, -2.0]),
        ("search_further", "yes"),
    ],
)
def test_settings_that_cannot_be(file: Path, key: str, value: Any) -> None:
    with pytest.raises(ModelError, match="cannot be used: "):
        Model.load(rewritten(file, {"settings": {key: value}}))


def test_settings_that_are_missing(model: Model) -> None:
    with pytest.raises(ModelError, match="lacks the settings least_presence, least_shown"):
        Predictor(model)


def test_a_model_that_cannot_be_opened_is_not_called_damaged(file: Path, nobody: Path) -> None:
    locked = nobody / "m.palnet"
    locked.write_bytes(file.read_bytes())
    locked.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    with pytest.raises(ModelError, match=r"m\.palnet cannot be opened: Permission denied"):
        Model.load(locked)


def test_what_would_unpack_to_far_more_is_refused_before_it_does(file: Path, tmp_path: Path) -> None:
    """Also where the sizes in the archive lie, and only an array's own header asks for so much."""
    bomb = tmp_path / "bomb.palnet"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("weights/a.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (1 << 26,)})
        for _ in range(1 << 8):
            member.write(bytes(1 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(ModelError, match=r"would unpack to 0\.3 GB"):
        Model.load(bomb)
    with zipfile.ZipFile(bomb, "w") as archive, archive.open("weights/a.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)})
    with pytest.raises(ModelError, match="not a landmark model, or it is damaged"):
        Model.load(bomb)
