"""The command line: what it writes, what it says, and that it writes nothing when it fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.commands import cli
from palnet.commands import landmark as landmark_command
from palnet.errors import OutputError
from palnet.files import write_json
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface
from recorder import Recorder
from shapes import WRITERS, head, polydata

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def host() -> Recorder:
    return Recorder()


@pytest.fixture
def run(host: Recorder, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs ``palnet`` with arguments; gives its exit code, output and errors."""

    def command(*arguments: Any, host: Recorder = host) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments], host)
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return command


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_landmark(run: Run, host: Recorder, predictor: Predictor, sample: Path, tmp_path: Path) -> None:
    output = tmp_path / "Ergebnisse für Zoë" / "new"
    code, out, err = run("landmark", sample, "--output", output, "--timings", "--cpu")
    assert (code, err) == (0, "")
    assert files(output) == [f"{sample.stem}.mrk.json", f"{sample.stem}.review.json"]
    ((path, name, prediction),) = host.written
    assert (path.parent, name) == (output, sample.stem)
    for landmark in prediction.protocol.landmarks:
        assert f"  {landmark.label} " in out and landmark.name in out
    assert cli.RESEARCH_USE in out
    assert re.search(r"alignment \d+\.\d\d s", out)
    assert not host.drawn
    expected = predictor.predict_file(sample)
    np.testing.assert_array_equal(prediction.points, expected.points)


def test_picture_json_and_several_scans(run: Run, host: Recorder, sample: Path, tmp_path: Path) -> None:
    other = tmp_path / "other scan.PLY"
    shutil.copy(sample, other)
    texture = tmp_path / "out" / "other scan.png"
    texture.parent.mkdir()
    texture.write_bytes(b"texture")
    bad = tmp_path / "bad.stl"
    bad.write_text("no scan")
    output, report = tmp_path / "out", tmp_path / "reports" / "summary.json"
    code, out, err = run(
        "landmark", sample, bad, other, "--output", output, "--picture", "--json", report, "--units", "mm"
    )
    assert code == 1  # one of them failed, the others are there
    assert "2 of 3 scans landmarked" in out
    assert err.count("palnet: ") == 1 and "bad.stl" in err
    stems = sorted([sample.stem, "other scan"])
    written = [f"{stem}{end}" for stem in stems for end in (".landmarks.png", ".mrk.json", ".review.json")]
    assert files(output) == sorted([*written, texture.name])
    assert [scan for scan, _ in host.drawn] == [sample, other] and texture.read_bytes() == b"texture"

    summary = json.loads(report.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(word))
    first, failed, second = summary["scans"]
    assert failed == {"scan": str(bad), "error": failed["error"]} and "bad.stl" in failed["error"]
    assert first["landmarks"] == second["landmarks"]
    assert first["unit"] == "mm" and first["state"] == "predicted" and first["space"] == "LPS"
    prediction = host.written[0][2]
    for entry, point, gone in zip(first["landmarks"], prediction.points, prediction.missing, strict=True):
        assert entry["position"] == (None if gone else point.tolist())
        assert (entry["expected_error_mm"] is None) == gone


def some_prediction() -> Prediction:
    """Three landmarks, the second of which is missing."""
    protocol = Protocol.from_json({"name": "p", "landmarks": [{"label": k, "name": f"Place {k}"} for k in "abc"]})
    points = np.array([[1.0, 2, 3], [np.nan] * 3, [0.25, 0.5, -7]])
    error = np.array([1.5, np.nan, 2.5])
    return Prediction(protocol, points, error, np.array([0.9, 0.1, 0.8]), "cm", np.eye(4), 1.25, ("Careful.",))


def test_missing_landmarks_are_null(tmp_path: Path) -> None:
    path = tmp_path / "new" / "s.json"
    write_json(landmark_command.summary(some_prediction()), path)
    data = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(word))
    assert [landmark["position"] for landmark in data["landmarks"]] == [[1, 2, 3], None, [0.25, 0.5, -7]]
    assert [landmark["expected_error_mm"] for landmark in data["landmarks"]] == [1.5, None, 2.5]
    assert data["landmarks"][1]["presence"] == 0.1
    assert data["warnings"] == ["Careful."] and data["alignment_error_mm"] == 1.25
    assert np.shape(data["face_from_scan"]) == (4, 4)
    assert files(path.parent) == ["s.json"]


def test_table() -> None:
    lines = landmark_command.table(some_prediction()).splitlines()
    assert "positions in cm" in lines[0] and len(lines) == 4
    assert lines[1].split() == ["a", "Place", "a", "1.000", "2.000", "3.000", "1.5", "mm"]
    assert "missing on this scan" in lines[2] and "nan" not in lines[2]


def test_summary_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text("before")
    with pytest.raises(ValueError, match="JSON"):
        write_json({"value": float("nan")}, path)
    assert path.read_text() == "before" and files(tmp_path) == ["s.json"]
    with pytest.raises(OutputError, match="cannot be written"):
        write_json({}, path / "below" / "a.json")


def no_scans(folder: Path) -> dict[str, Path]:
    """Files that are no scans of a face."""
    shape, paths = head(300), {}
    for name, surface in {
        "sphere.ply": Surface(shape.points / np.linalg.norm(shape.points, axis=1)[:, None] * 100, shape.triangles),
        "nan.ply": Surface(np.full_like(shape.points, np.nan), shape.triangles),
        "cloud.vtp": Surface(shape.points, shape.triangles[:0]),
        "truncated.stl": shape,
    }.items():
        paths[name] = folder / name
        WRITERS[{"ply": "binary.ply", "stl": "binary.stl", "vtp": "raw.vtp"}[name[-3:]]](polydata(surface), paths[name])
    whole = paths["truncated.stl"].read_bytes()
    paths["truncated.stl"].write_bytes(whole[: len(whole) // 2])
    for name, content in {"empty.ply": b"", "text.ply": b"Dear colleague,\n", "scan.fbx": b"x"}.items():
        paths[name] = folder / name
        paths[name].write_bytes(content)
    paths["folder.ply"] = folder / "folder.ply"
    paths["folder.ply"].mkdir()
    paths["none.ply"] = folder / "none.ply"
    return paths


@pytest.mark.usefixtures("predictor")
@pytest.mark.parametrize(
    "name",
    [
        "sphere.ply",
        "nan.ply",
        "cloud.vtp",
        "truncated.stl",
        "empty.ply",
        "text.ply",
        "scan.fbx",
        "folder.ply",
        "none.ply",
    ],
)
def test_not_a_face(run: Run, host: Recorder, tmp_path: Path, name: str) -> None:
    scan, output = no_scans(tmp_path)[name], tmp_path / "out"
    before = files(tmp_path)
    code, out, err = run("landmark", scan, "--output", output, "--picture")
    assert code == 1
    lines = err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("palnet: ") and lines[0].endswith(".")
    assert "Traceback" not in out and cli.RESEARCH_USE not in out
    assert not host.written and files(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no name of a file holds a line break here")
def test_a_line_break_in_a_name_is_said(run: Run, host: Recorder, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "a\nb.ply").write_bytes(sample.read_bytes())
    code, _, err = run("landmark", tmp_path / "a\nb.ply", "--output", tmp_path / "o")
    assert code == 1 and "The name 'a\\nb.ply' holds a line break or the like" in err and not host.written


def test_two_scans_of_one_name(run: Run, host: Recorder, tmp_path: Path) -> None:
    for first, second in (
        ("a/face.ply", "b/face.ply"),
        ("face.ply", "face.stl"),
        ("Face.ply", "face.obj"),
        ("x.ply",) * 2,
    ):
        code, out, err = run("landmark", first, second, "--output", tmp_path / "out")
        assert code == 1 and err.count("\n") == 1 and "would both be written to" in err and out == ""
    assert not host.written and files(tmp_path) == []


def test_output_is_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for option in (["--output", tmp_path / "taken"], ["--output", tmp_path / "taken" / "below"]):
        code, _, err = run("landmark", "face.ply", *option)
        assert code == 1 and "is a file, not a folder" in err
    code, _, err = run("landmark", "a.ply", "--output", tmp_path / "out", "--json", tmp_path / "taken" / "s.json")
    assert code == 1 and "is a file, not a folder" in err
    assert files(tmp_path) == ["taken"] and (tmp_path / "taken").read_text() == "mine"


def test_json_is_a_folder(run: Run, tmp_path: Path) -> None:
    code, out, err = run("landmark", "a.ply", "--output", tmp_path / "out", "--json", tmp_path)
    assert code == 1 and "is a folder" in err and out == ""


def test_json_is_a_scan_or_a_result(run: Run, tmp_path: Path) -> None:
    scan, output = tmp_path / "a.ply", tmp_path / "out"
    scan.write_text("mine")
    for summary in (scan, *(output / f"a{end}" for end in (".mrk.json", ".review.json", ".landmarks.png"))):
        code, out, err = run("landmark", scan, "--output", output, "--json", summary)
        assert code == 1 and "a scan or a result: name another file with --json" in err and out == ""
    assert scan.read_text() == "mine" and files(tmp_path) == ["a.ply"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="Windows knows no such rights")
def test_output_may_not_be_written_to(run: Run) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, mode in (("closed", 0o555), ("locked", 0)):
            (folder / kind).mkdir(mode=mode)
        folder.chmod(0o755)
        root = os.getuid() == 0
        try:
            if root:
                os.seteuid(65534)
            for kind in ("closed", "locked"):
                for output in (folder / kind, folder / kind / "new" / "deep"):
                    code, _, err = run("landmark", "face.ply", "--output", output)
                    assert code == 1 and "may not be written to" in err
        finally:
            if root:
                os.seteuid(0)
        assert files(folder) == ["closed", "locked"]


@pytest.mark.usefixtures("predictor")
def test_a_host_that_cannot_write(run: Run, sample: Path, tmp_path: Path) -> None:
    code, out, err = run("landmark", sample, "--output", tmp_path / "out", host=Recorder(broken=True))
    assert code == 1 and "cannot be written" in err and cli.RESEARCH_USE not in out


def test_models_that_are_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.palnet").write_text("no model")
    for model, words in (
        ("face51", "no model 'face51'"),
        (tmp_path / "none.palnet", "no model file"),
        (tmp_path / "text.palnet", "damaged"),
    ):
        code, _, err = run("landmark", "face.ply", "--output", tmp_path / "out", "--model", model)
        assert code == 1 and words in err and err.count("\n") == 1
    assert files(tmp_path) == ["text.palnet"]


@pytest.mark.usefixtures("predictor")
def test_model_may_be_a_file(run: Run, host: Recorder, predictor: Predictor, sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "my model.palnet"
    predictor.model.save(path)
    assert run("landmark", sample, "--output", tmp_path / "out", "--model", path)[0] == 0
    assert host.written[0][2].model_checksum == predictor.model.checksum


@pytest.mark.parametrize(
    "arguments", [[], ["landmark"], ["landmark", "a.ply"], ["fly"], ["landmark", "a.ply", "--units", "ft"]]
)
def test_usage(run: Run, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2


def test_stopped_by_the_keyboard(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Predictor, "load", interrupted)
    code, _, err = run("landmark", "a.ply", "--output", tmp_path)
    assert code == 130 and err.strip() == "palnet: stopped."


def test_train_faults(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PALNET_DATA", raising=False)
    config = tmp_path / "config.json"
    config.write_text('{"steps": 1}')
    (tmp_path / "folder.palnet").mkdir()
    place = ["--work", tmp_path / "work", "--output", tmp_path / "m.palnet"]
    for arguments, words in (
        ([tmp_path / "none.json", *place], "cannot be read"),
        ([config, *place], "--population"),
        ([config, "--population", tmp_path, *place], "no ICT Face Model"),
        ([config, *place[:3], tmp_path / "m.bin"], "ends in .palnet"),
        ([config, *place[:3], tmp_path], "ends in .palnet"),
        ([config, *place[:3], tmp_path / "folder.palnet"], "is a folder: name a file for the model"),
        ([config, *place[:3], config / "m.palnet"], "is a file, not a folder"),
    ):
        code, _, err = run("train", *arguments)
        assert code == 1 and words in err and err.count("\n") == 1
    assert not (tmp_path / "m.palnet").exists()


@pytest.mark.parametrize("error", [MemoryError(), KeyError("x"), OSError(5, "Input/output error"), RecursionError()])
def test_an_error_of_any_kind_with_one_scan_leaves_the_others(
    run: Run, predictor: Predictor, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    scans = [tmp_path / f"{name}.ply" for name in ("a", "b", "c", "n" * 250)]
    for path in scans:
        shutil.copy(sample, path)
    found = predictor.predict_file(sample)

    def predict(_self: Predictor, path: Path, *_more: Any) -> Prediction:
        if path.stem == "b":
            raise error
        return found

    monkeypatch.setattr(Predictor, "predict_file", predict)
    code, out, err = run("landmark", *scans, "--output", tmp_path / "out")
    assert code == 1 and "2 of 4 scans landmarked" in out and "Traceback" not in err
    lines = err.splitlines()
    assert len(lines) == 2 and f"{scans[1]} could not be landmarked: " in lines[0] and "too long" in lines[1]
    assert files(tmp_path / "out") == [f"{name}.{end}" for name in "ac" for end in ("mrk.json", "review.json")]
