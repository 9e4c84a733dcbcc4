"""``palnet evaluate`` from end to end, on two scans whose landmarks are known."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import read_page
from palnet.batch.single import write_landmarks
from palnet.commands import cli
from palnet.evaluation.baselines import MeanShape
from palnet.evaluation.stored_predictions import write_prediction
from palnet.exports.predicted import write_predicted
from palnet.pipeline.predictor import Predictor
from palnet.review.record import Review, State, record_beside
from palnet.rigid import apply, random_pose
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import WRITERS, polydata

Run = Callable[..., tuple[int, str, str]]
OFF_MM = 1.25


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs ``palnet evaluate``; gives its exit code, output and errors."""

    def command(*arguments: Any) -> tuple[int, str, str]:
        code = cli.main(["evaluate", *(str(argument) for argument in arguments)], None)  # type: ignore[arg-type]
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return command


@pytest.fixture(scope="module")
def scans(predictor: Predictor, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scans in different poses, with "true" landmarks 1.25 mm from where the bundled model sees them.

    The first landmark of the second scan is not known.
    """
    folder = tmp_path_factory.mktemp("data") / "two scans"
    folder.mkdir()
    surface = surface_from_polydata(read_surface(sample))
    for k, name in enumerate(("first", "second one")):
        pose = random_pose(np.random.default_rng(k), 40.0, 100.0)
        mesh = polydata(Surface(apply(pose, surface.points), surface.triangles))
        WRITERS["binary.ply"](mesh, folder / f"{name}.ply")
        points = predictor.predict_file(folder / f"{name}.ply").points + [0, 0, OFF_MM]
        rows = [
            [label, *("" if k and not row else f"{value:.6f}" for value in point)]
            for row, (label, point) in enumerate(zip(predictor.model.protocol.labels, points, strict=True))
            if np.isfinite(point).all()
        ]
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["label", "x", "y", "z"], *rows])
    (folder / "without landmarks.ply").write_bytes((folder / "first.ply").read_bytes())
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_model_and_baseline(run: Run, scans: Path, predictor: Predictor, tmp_path: Path) -> None:
    output = tmp_path / "new" / "results"
    code, out, err = run("--model", "face50", "--baseline", "mean", "--scans", scans, "--output", output, "--cpu")
    assert (code, err) == (0, "")
    assert "without landmarks.ply has no file of landmarks" in out
    assert "2 of 2 scans aligned" in out
    names = ["distances.csv", "evaluation.json", "landmarks.csv", "regions.csv", "report.html", "scans.csv"]
    assert sorted(path.name for path in output.iterdir()) == names
    ours, mean = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))["sums"]
    assert (ours["method"], mean["method"]) == ("face50", MeanShape.name)
    # The known places are 1.25 mm off what the model says, all in one direction: distances between them are right.
    assert ours["points"]["mean"] == pytest.approx(OFF_MM, abs=1e-3)
    assert ours["points"]["sd"] == pytest.approx(0, abs=1e-3)
    assert ours["distance_wise_mm"] == pytest.approx(0, abs=1e-3)
    assert ours["points"]["within"] == [1.0, 1.0]
    assert mean["points"]["mean"] > OFF_MM and mean["calibration"] == []
    labels = predictor.model.protocol.labels
    rows = table(output / "landmarks.csv")
    assert [(row["method"], row["label"]) for row in rows] == [
        (method, label) for method in ("face50", MeanShape.name) for label in labels
    ]
    assert int(rows[0]["count"]) == int(rows[1]["count"]) - 1
    assert {row["scan"] for row in table(output / "scans.csv")} == {"first", "second one"}
    page = read_page((output / "report.html").read_text(encoding="utf-8"))
    for text in ("face50 on two scans", MeanShape.name, "second one", "without landmarks.ply"):
        assert text in page.text


def test_stored_predictions(run: Run, scans: Path, predictor: Predictor, tmp_path: Path) -> None:
    folder = tmp_path / "by hand"
    write_prediction(folder, "first", predictor.predict_file(scans / "first.ply"))
    write_prediction(folder, "second one", "No face was found.")
    output = tmp_path / "results"
    code, _, err = run("--predictions", folder, "--scans", scans, "--output", output, "--within", "3", "1")
    assert (code, err) == (0, "")
    (sums,) = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))["sums"]
    assert (sums["method"], sums["aligned"], sums["refused"], sums["limits_mm"]) == ("by hand", 1, 1, [1.0, 3.0])
    assert 0.4 < sums["points"]["within"][1] < 0.6 and sums["points"]["within"][0] == 0
    assert table(output / "scans.csv")[0]["failure"] == "No face was found."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "face50"], "either --scans or --population"),
        (["--scans", "SCANS"], "nothing to measure"),
        (["--scans", "SCANS", "--baseline", "mean"], "A baseline starts from a model"),
        (["--scans", "SCANS", "--predictions", "SCANS"], "holds no predictions"),
        (["--scans", "nowhere", "--model", "face50"], "There is no folder nowhere"),
        (["--scans", "SCANS", "--model", "face51"], "There is no model 'face51'"),
    ],
)
def test_mistakes_are_sentences(run: Run, scans: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    output = tmp_path / "results"
    code, _, err = run(*(str(scans) if part == "SCANS" else part for part in arguments), "--output", output)
    assert code == 1 and sentence in err and err.count("\n") == 1
    assert not output.exists()


def test_what_nobody_has_reviewed_is_no_truth(run: Run, scans: Path, predictor: Predictor, tmp_path: Path) -> None:
    """Of a model measured on its own predictions an error of nothing would come."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("first", "second one"):
        (folder / f"{name}.ply").write_bytes((scans / f"{name}.ply").read_bytes())
        found = predictor.predict_file(folder / f"{name}.ply")
        write_landmarks(found, folder / f"{name}.ply", folder / f"{name}.mrk.json", write_predicted)
    code, out, err = run("--model", "face50", "--scans", folder, "--output", tmp_path / "report")
    assert code == 1 and "Nobody has reviewed the landmarks of first" in out and "no scan to measure on" in err
    record = record_beside(folder / "first.mrk.json")
    record.write_text(Review.read(record).decide([3, 11], State.ACCEPTED).to_json())
    code, out, _err = run("--model", "face50", "--scans", folder, "--output", tmp_path / "report")
    assert code == 0 and "2 of 2 landmarks placed; 1 of 1 scans aligned" in out


def test_template_that_is_one_of_the_scans_is_not_measured(run: Run, scans: Path, tmp_path: Path) -> None:
    pytest.importorskip("meshmonk", reason="template transfer needs MeshMonk, which is not installed")
    output = tmp_path / "results"
    arguments = ("--model", "face50", "--baseline", "meshmonk", "--scans", scans, "--output", output, "--cpu")
    code, _, err = run(*arguments)
    assert code == 1 and "--template" in err
    code, _, _ = run(*arguments, "--template", scans / "first.ply")
    assert code == 0
    ours, template = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))["sums"]
    assert (ours["scans"], template["scans"]) == (1, 1)
    # The same face in another pose: what was placed on one is found on the other.
    assert template["points"]["mean"] < 1.5
