"""Files that belong together are all new or all as before, and nothing that was read is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from batches import Engine, prediction, scans
from batches import run as run_batch_here
from palnet.batch import replace as place_of
from palnet.batch.single import write_landmarks
from palnet.commands import cli
from palnet.errors import OutputError
from palnet.evaluation import files as evaluated
from palnet.exchange import write_together
from palnet.exports.predicted import write_predicted
from palnet.pipeline.model import bundled_models
from palnet.protocols.protocol import Protocol
from palnet.surfaces.files import _KIND as KIND
from recorder import Recorder

POINTS = "scan,label,x,y,z\n" + "".join(
    f"{name},{label},{k + shift},{k * k},{3 - k}\n"
    for shift, name in enumerate("AB")
    for k, label in enumerate(Protocol.bundled("face50").labels)
)


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(*line: object) -> int:
    return cli.main([str(word) for word in line], Recorder())


LINES = {
    "tps": (["convert", "in.csv", "--to", "tps", "--output", "out/s.tps"], "s.tps.names.csv"),
    "nts": (["convert", "in.csv", "--to", "nts", "--output", "out/s.nts"], "s.nts.landmarks.csv"),
    "mrk": (["convert", "in.csv", "--to", "mrk", "--output", "out"], "names.csv"),
    "compare": (["compare", "in.csv", "other.csv", "--output", "out"], "report.html"),
    "measure": (["measure", "in.csv", "--output", "out"], "measurements_long.csv"),
}


@pytest.mark.parametrize("name", LINES)
def test_all_are_new_or_all_as_before(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """New points beside the old table of their labels would swap all labels."""
    monkeypatch.chdir(tmp_path)
    line, last = LINES[name]
    (tmp_path / "in.csv").write_text(POINTS)
    (tmp_path / "other.csv").write_text(POINTS.replace(",0,", ",0.5,"))
    assert run(*line) == 0
    before = contents(tmp_path / "out")
    (tmp_path / "out" / last).unlink()
    (tmp_path / "out" / last).mkdir()
    (tmp_path / "out" / last / "theirs").write_text("x")
    rows = POINTS.splitlines()
    turned = "\n".join([rows[0], *reversed(rows[1:])]) + "\n"
    (tmp_path / "in.csv").write_text(turned.replace(",0,0,3", ",7,7,7"))
    assert run(*line) == 1
    assert "a folder is there" in capsys.readouterr().err
    del before[last]
    assert contents(tmp_path / "out") == {**before, f"{last}/theirs": "x"}
    (tmp_path / "out" / last / "theirs").unlink()
    (tmp_path / "out" / last).rmdir()
    assert run(*line) == 0
    assert contents(tmp_path / "out") != before


def test_an_evaluation_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html").mkdir()
    monkeypatch.setattr(evaluated, "page", lambda *_: "page")
    with pytest.raises(OutputError, match="a folder is there"):
        evaluated.write_evaluations([], SimpleNamespace(), tmp_path)  # type: ignore[arg-type]
    assert not contents(tmp_path)


READ = {
    "compare": ["compare", "in/landmarks.csv", "other.csv", "--output", "in"],
    "folders": ["compare", "in", "other.csv", "--output", "in"],
    "measure": ["measure", "in/group.csv", "--output", "in"],
    "groups": ["measure", "in/landmarks.csv", "--groups", "in/measurements.csv", "--output", "in"],
    "convert": ["convert", "in/landmarks.csv", "--to", "csv", "--output", "in/landmarks.csv"],
    "adapt": ["adapt", "in", "--output", "in/a.mrk.json"],
}


@pytest.mark.parametrize("name", READ)
def test_what_was_read_is_not_replaced(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "other.csv").write_text(POINTS)
    for file in READ[name][1:2] if READ[name][1].endswith(".csv") else ["in/landmarks.csv"]:
        (tmp_path / file).write_text(POINTS)
    if name == "groups":
        (tmp_path / "in" / "measurements.csv").write_text("scan,group\nA,x\nB,y\n")
    if name == "adapt":
        (tmp_path / "in" / "a.mrk.json").write_text('{"markups": []}')
    before = contents(tmp_path)
    assert run(*READ[name]) == 1
    assert "name another" in capsys.readouterr().err
    assert contents(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_device_is_no_place_for_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As /dev/null, which a file would replace where someone may do so."""
    os.mkfifo(tmp_path / "null.json")
    scans(tmp_path / "in", a="1")
    line = ["landmark", tmp_path / "in" / "a.ply", "--output", tmp_path / "out", "--json", tmp_path / "null.json"]
    assert run(*line) == 1
    assert "name a file" in capsys.readouterr().err.lower()
    assert (tmp_path / "null.json").is_fifo()
    with pytest.raises(OutputError, match="a device"):
        write_together({tmp_path / "null.json": "x"})
    assert (tmp_path / "null.json").is_fifo()


@pytest.mark.parametrize("kind", ["batch", "single"])
def test_a_surface_goes_only_with_its_landmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Where the new landmarks cannot be written, the old ones keep the surface and the skin that belong to them."""
    monkeypatch.setattr(place_of, "corresponding_files", lambda _surface, _markups: {})
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run_batch_here(folder, output, Engine())
    marks = {".surface.vtp": KIND, ".surface.ply": KIND, ".skin.ply": "skin of a volume; unit mm"}
    for ending, mark in marks.items():
        (output / f"a{ending}").write_text(f"old {mark}; unit mm")
    before = contents(output)
    (folder / "a.ply").write_text("3")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("palnet.exchange._place", full)
    if kind == "batch":
        batch, _steps = run_batch_here(folder, output, Engine())
        assert "No space left" in batch.errors["a"]
    else:
        with pytest.raises(OutputError, match="No space left"):
            write_landmarks(prediction(3.0), folder / "a.ply", output / "a.mrk.json", write_predicted)
    monkeypatch.undo()
    for held in output.glob(".*.held"):
        os.utime(held, (0, 0))
    from palnet.exchange import recover

    recover(output)
    assert contents(output) == before
    write_landmarks(prediction(3.0), folder / "a.ply", output / "a.mrk.json", write_predicted)
    assert {path.name for path in output.iterdir()} == {"a.mrk.json", "a.review.json", "batch"}


def test_points_and_what_slides_are_of_one_run(tmp_path: Path) -> None:
    place = tmp_path / "new" / "a"
    write_together({place: b"1", tmp_path / "new" / "b": "2"})
    write_together({place: "3", tmp_path / "new" / "b": None})
    assert contents(tmp_path / "new") == {"a": "3"}


@pytest.mark.parametrize("kind", ["batch", "single"])
def test_a_file_that_someone_else_made_beside_the_scan_stays(tmp_path: Path, kind: str) -> None:
    """A person has a skin, or a surface, of their own beside the scan, and the results go there, too."""
    folder = scans(tmp_path / "in", a="0")
    others = {f"a{ending}": "theirs" for ending in (".surface.vtp", ".surface.ply", ".skin.ply", ".landmarks.png")}
    for name, text in others.items():
        (folder / name).write_text(text)
    if kind == "batch":
        run_batch_here(folder, folder, Engine())
    else:
        write_landmarks(prediction(3.0), folder / "a.ply", folder / "a.mrk.json", write_predicted)
        with pytest.raises(OutputError, match="is no result of palnet"):
            write_landmarks(prediction(4.0), folder / "a.ply", folder / "a.mrk.json", write_predicted, skin=b"ply")
    assert (folder / "a.mrk.json").exists()
    assert {name: (folder / name).read_text() for name in others} == others


def test_a_batch_does_not_replace_what_it_did_not_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scans(tmp_path / "in", a="0")
    (tmp_path / "in" / "points.csv").write_text("label,x,y,z\nPrn,1,2,3\n")
    assert run("landmark", "in", "--output", "in") == 1
    assert "in/points.csv is no table of palnet" in capsys.readouterr().err
    scans(tmp_path / "batch", a="0")  # with a picture of its texture, whose name a thumbnail would have
    (tmp_path / "batch" / "a.jpg").write_text("texture")
    assert run("landmark", "batch", "--output", ".") == 1
    assert "Scans lie in batch, where results are kept" in capsys.readouterr().err
    assert contents(tmp_path / "batch") == {"a.ply": "0", "a.jpg": "texture"}


def test_a_training_does_not_replace_what_it_starts_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    start = tmp_path / "mine.palnet"
    start.write_bytes(bundled_models()["face50"].read_bytes())
    (tmp_path / "c.json").write_text("{}")
    line = ["train", tmp_path / "c.json", "--scans", tmp_path, "--work", tmp_path / "w", "--start", start]
    assert run(*line, "--output", start) == 1
    assert "is what the training starts from" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only the age of what is left tells")
def test_what_a_killed_crossvalidation_left_in_its_work_folder_goes(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code = "from palnet.files import beside_name; print(beside_name('.partial'))"
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    name = done.stdout.strip()
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / name).write_text("half")
    (tmp_path / "c.json").write_text("{}")
    run("crossvalidate", tmp_path / "c.json", "--scans", tmp_path, "--work", tmp_path / "w", "--output", tmp_path / "o")
    assert not list((tmp_path / "w").iterdir())


@pytest.mark.parametrize("name", ["a.review.json", "a.batch.json"])
def test_a_convention_is_no_record(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    assert run("adapt", tmp_path / "in", "--output", tmp_path / "in" / name) == 1
    assert "name another file" in capsys.readouterr().err


def test_the_report_of_reviews_does_not_lie_among_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", "--reviews", tmp_path, "--output", tmp_path) == 1
    assert "is a folder that is read" in capsys.readouterr().err


def test_the_summary_does_not_replace_the_convention(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.ply").write_text("1")
    mine = tmp_path / "mine.json"
    mine.write_text("{}")
    line = ("landmark", tmp_path / "a.ply", "--convention", mine, "--json", mine, "--output", tmp_path / "out")
    assert run(*line) == 1 and "The summary would replace" in capsys.readouterr().err and mine.read_text() == "{}"
