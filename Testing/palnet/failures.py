"""What can be wrong with a file or a folder that a command is given: makers by name, each given an empty folder."""

from __future__ import annotations

import functools
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from palnet.pipeline.model import Model

DEEP = "[" * 100_000
FAILURES: dict[str, Callable[[Path], Path]] = {}


def failure(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    FAILURES[make.__name__] = make
    return make


@failure
def nothing_there(folder: Path) -> Path:
    return folder / "none.ply"


@failure
def name_of_250_letters(folder: Path) -> Path:
    return folder / ("n" * 250 + ".mrk.json")


@failure
def empty_folder(folder: Path) -> Path:
    path = folder / "empty"
    path.mkdir()
    return path


@failure
def a_file_where_a_folder_is_asked_for(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "below.csv"


def _file(name: str, content: bytes) -> None:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    make.__name__ = f"{name} {content[:12]!r}"
    failure(make)


for name in [
    "a.ply",
    "a.json",
    "a.mrk.json",
    "a.csv",
    "a.fcsv",
    "a.palnet",
    "a.txt",
    "a.pp",
    "a.ljson",
    "a.review.json",
]:
    _file(name, b"")
    _file(name, b"\x00\xff\x1b[31m")
    _file(name, DEEP.encode())
    _file(name, b'{"a": 1e999, "b": NaN, "c": 1' + b"0" * 400 + b"}")
for text in ({"steps": -1}, {"rate": -0.1}, {"seed": 10**400}, {"network_settings": {"kinds": "x"}}, {"young": 2}):
    _file("config.json", json.dumps(text).encode())


@failure
def folder_that_may_not_be_entered(folder: Path) -> Path:
    path = folder / "locked"
    path.mkdir(mode=0)
    return path / "a.mrk.json"


def _model(name: str, change: Callable[[Model], object]) -> None:
    """A model whose checksum is right, and one part of it is not."""

    @functools.cache
    def content() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            model = Model.find("face50")
            change(model)
            model.save(Path(folder) / "changed.palnet")
            return (Path(folder) / "changed.palnet").read_bytes()

    def make(folder: Path) -> Path:
        (folder / "changed.palnet").write_bytes(content())
        return folder / "changed.palnet"

    make.__name__ = f"model with {name}"
    failure(make)


def _with_nan(model: Model) -> None:
    model.weights = {name: np.full_like(value, np.nan) for name, value in model.weights.items()}


_model("NaN for its weights", _with_nan)
_model("a negative scale", lambda model: model.settings.update(error_scale=-1.0))
_model("a list for its name", lambda model: setattr(model, "name", []))
_model("NaN for its name", lambda model: setattr(model, "name", float("nan")))
_model("sides beyond a number", lambda model: model.network[1].update(mirrored=[10**400] * 50))
_model("sides that are none", lambda model: model.network[1].update(mirrored=[1e308] * 50))
_model("weights beyond all bounds", lambda model: model.weights.update(dict.fromkeys(model.weights, np.full(3, 1e300))))
_model("no surface", lambda model: setattr(model, "template", np.zeros((50, 6))))
_model("flat stations", lambda model: model.alignment.update(station_axes=np.zeros((131, 3, 3))))
_model("no rounds", lambda model: model.settings.update(rounds=None))
_model("texts for places", lambda model: setattr(model, "mean_shape", np.full((50, 3), "x")))
_model("facts that are none", lambda model: setattr(model, "protocol", replace(model.protocol, facts=[])))  # type: ignore[arg-type]


def _link(name: str, to: str) -> None:
    """A link to something that is no file; reading it would not end."""

    def make(folder: Path) -> Path:
        path = folder / name
        if to == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to({"itself": path, "nothing": folder / "none"}.get(to, Path(to)))
        return path

    make.__name__ = f"{name}, a link to {to}"
    failure(make)


if os.name == "posix":
    for ending in (".csv", ".ply", ".palnet", ".json", ".unknown"):
        _link(f"a{ending}", "pipe")
    for to in ("/dev/zero", "itself", "nothing"):
        _link("a.csv", to)
        _link("a.json", to)
        _link("a.ply", to)


@failure
def name_in_no_unicode(folder: Path) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv"))


@failure
def name_of_255_letters(folder: Path) -> Path:
    path = folder / ("n" * 251 + ".csv")
    path.write_text("label,x,y,z\nXx,1,2,3\n")
    return path


def _archive(name: str, fill: Callable[[zipfile.ZipFile], object]) -> None:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "a.palnet", "w", zipfile.ZIP_DEFLATED) as archive:
            fill(archive)
        return folder / "a.palnet"

    make.__name__ = f"archive with {name}"
    failure(make)


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


class _Runs:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os._exit, (9,))


_archive("objects", lambda archive: archive.writestr("header.npy", _npy(np.array([_Runs()], dtype=object))))
_archive("another in it", lambda archive: archive.writestr("a.palnet", b"PK\x05\x06" + bytes(18)))
_archive("another's folders", lambda archive: archive.writestr("../../header.npy", _npy(np.zeros(3))))
_archive("deep JSON", lambda archive: archive.writestr("header.npy", _npy(np.array(DEEP))))
_archive("nothing", lambda _archive: None)
