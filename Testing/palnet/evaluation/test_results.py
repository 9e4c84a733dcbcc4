"""Evaluations: a method that errs by known amounts, its tables, its page, and the files it is kept in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import vtk
from pages import read_page
from palnet.errors import NoFaceError, PalnetError, ProtocolError, ScanError
from palnet.evaluation import figures, tables
from palnet.evaluation.report import Background, page
from palnet.evaluation.results import TEST_SEED, Case, Evaluation, evaluate, synthetic_cases
from palnet.evaluation.stored_predictions import evaluate_stored, read_prediction, write_prediction
from palnet.pipeline.prediction import Prediction
from palnet.population.heads import Population
from palnet.protocols.protocol import Protocol
from palnet.reports import plots
from palnet.scans.surface import closest_on_surface, surface_from_polydata
from palnet.tables import to_csv
from palnet.training.dataset import PopulationScans
from shapes import head, polydata

LABELS = ["a_R", "a_L", "b", "c"]
PLACES = np.array([[-30.0, 0, 40], [30, 0, 40], [0, -20, 50], [0, 30, 45]])


def protocol() -> Protocol:
    """Four landmarks in two regions, with a distance, an angle and what an observer reached."""
    pairs = ["a_L", "a_R", "b", "c"]
    sides = ["right", "left", "midline", "midline"]
    return Protocol.from_json(
        {
            "name": "four",
            "landmarks": [
                {
                    "label": label,
                    "name": f"Place <{label}>",
                    "pair": pair,
                    "side": side,
                    "region": "eyes" if label.startswith("a") else "",
                    "intra_observer_mm": 2.0 if label == "b" else None,
                }
                for label, pair, side in zip(LABELS, pairs, sides, strict=True)
            ],
            "distances": [["a_R", "a_L"]],
            "angles": [["a_R", "b", "a_L"]],
            "facts": {"distance_intra_observer_mm": [0.5]},
        }
    )


class Fake:
    """Answers with the places that it was given, each too high by its own error in mm."""

    def __init__(self, mm: float, errors: list[float]) -> None:
        self.points = (PLACES + np.array([[0.0, 0, 1]]) * np.array(errors)[:, None]) / mm

    def predict_surface(self, mesh: vtk.vtkPolyData, unit: str = "auto") -> Prediction:
        expected = np.where(np.isfinite(self.points[:, 0]), [1.0, 2, 3, 4], np.nan)
        return Prediction(protocol(), self.points, expected, np.ones(4), "mm", np.eye(4), 0.1)


class Blind:
    """Refuses everything."""

    def predict_surface(self, mesh: vtk.vtkPolyData, unit: str = "auto") -> Prediction:
        raise NoFaceError("No face <here>.")


def case(name: str, mm: float = 1.0, truth: np.ndarray = PLACES) -> Case:
    shown = np.isfinite(truth).all(axis=1)
    return Case(name, f"subject of {name}", lambda: polydata(head(200)), truth / mm, shown, mm)


def example() -> Evaluation:
    nan = float("nan")
    unknown = np.where(np.array(LABELS)[:, None] == "c", np.nan, PLACES)
    results = (
        evaluate(Fake(1.0, [1, 1, 3, 5]), case("one")),
        evaluate(Fake(10.0, [2, 0, nan, 7]), case("two & three", 10.0, unknown)),
        evaluate(Blind(), case("refused")),
    )
    return Evaluation("fake", "four heads", protocol(), results)


def test_errors_are_in_mm_and_refused_scans_count() -> None:
    one = example()
    nan = float("nan")
    assert one.errors[0] == pytest.approx([1, 1, 3, 5])
    assert one.errors[1] == pytest.approx([2, 0, nan, nan], nan_ok=True)
    assert np.isnan(one.errors[2]).all()
    assert one.accepted.tolist() == one.aligned.tolist() == [True, True, False]
    points = one.points()
    assert (points.count, points.placed) == (11, 6)
    assert points.mean == pytest.approx(12 / 6)
    # Under 2 mm: 1, 1 and 0 of eleven landmarks with a known place.
    assert points.within == (pytest.approx(3 / 11), pytest.approx(5 / 11))
    assert one.regions()["eyes"].mean == pytest.approx(1.0)
    assert list(one.regions()) == ["eyes"]


def test_a_method_that_takes_a_scan_for_one_of_another_unit_is_doubted() -> None:
    assert evaluate(Fake(1.0, [1, 1, 1, 1]), case("one")).warning == ""
    said = evaluate(Fake(1000.0, [1, 1, 1, 1]), case("one", 1000.0)).warning
    assert said.startswith("one counts as a scan in m, and the method takes it for one in mm") and "--unit" in said


def test_a_damaged_scan_is_a_failure_of_the_run_and_not_its_end() -> None:
    def damaged() -> vtk.vtkPolyData:
        raise ScanError("x.ply is damaged.")

    result = evaluate(Fake(1.0, [0, 0, 0, 0]), Case("x", "x", damaged, PLACES, np.ones(4, bool)))
    assert result.failure == "x.ply is damaged." and np.isnan(result.found).all()


def test_another_protocol_is_refused() -> None:
    class Three(Fake):
        def predict_surface(self, mesh: vtk.vtkPolyData, unit: str = "auto") -> Prediction:
            one = super().predict_surface(mesh)
            return Prediction(one.protocol, one.points[:3], one.expected_error, one.presence, "mm", np.eye(4), 0.0)

    # A mistake of the run, not a failure of the method.
    with pytest.raises(ProtocolError, match="use a model of the same protocol"):
        evaluate(Three(1.0, [0, 0, 0, 0]), case("x"))


def test_json_round_trip() -> None:
    one = example()
    again = Evaluation.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False)))
    assert tables.overall(again) == tables.overall(one)
    assert again.limits == one.limits and again.protocol == one.protocol
    np.testing.assert_array_equal(again.found, one.found)
    assert [result.failure for result in again.results] == ["", "", "No face <here>."]


def test_tables() -> None:
    one = example()
    rows = tables.landmark_rows(one)
    assert [row["label"] for row in rows] == LABELS
    assert rows[0]["mean_mm"] == pytest.approx(1.5) and rows[0]["expected_mm"] == pytest.approx(1.0)
    assert rows[2]["visible_called_missing"] == pytest.approx(0.5) and rows[2]["intra_observer_mm"] == 2.0
    assert rows[3]["hidden_called_missing"] == 0.0
    assert one.called_missing([2, 3]) == (0.0, pytest.approx(1 / 3))
    eyes = tables.region_rows(one)[0]
    assert eyes["region"] == "eyes" and eyes["visible_called_missing"] == 0.0 and eyes["hidden_called_missing"] is None
    assert [row["scan"] for row in tables.scan_rows(one)] == ["refused", "one", "two & three"]
    assert tables.scan_rows(one)[1]["worst"] == "c"
    across, angle = tables.measure_rows(one)
    # a_R and a_L lie 60 mm apart; lifted by 2 and by 0 the distance is sqrt(60^2 + 2^2).
    assert across["mean"] == pytest.approx((0 + np.sqrt(3604) - 60) / 2, abs=1e-4)
    assert (across["intra_observer"], angle["intra_observer"], angle["count"]) == (0.5, None, 1)
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert [row["label"] for row in read] == LABELS and float(read[0]["mean_mm"]) == 1.5
    assert read[0]["intra_observer_mm"] == ""


def test_the_observer_is_compared_on_the_landmarks_that_were_measured() -> None:
    assert tables.overall(example())["intra_observer_mm"] == 2.0


def test_page() -> None:
    pytest.importorskip("matplotlib", reason="the report's pictures need matplotlib, which is not installed")
    one = example()
    other = Evaluation("mean <shape>", one.data, one.protocol, one.results)
    backdrop = np.hstack([PLACES, np.tile([0.0, 0, 1], (4, 1))])
    html = page([one, other], Background(PLACES, backdrop, ("b.ply has no landmarks.",)))
    found = read_page(html)
    for text in (
        "fake on four heads",
        "refused",
        "No face <here>.",
        "b.ply has no landmarks.",
        "two & three",
        "2 of 3",
    ):
        assert text in found.text
    assert html.count("<svg") == 4  # too few landmarks for tenths
    assert html == page([one, other], Background(PLACES, backdrop, ("b.ply has no landmarks.",)))
    assert "#102030" not in html


def test_page_with_calibration() -> None:
    pytest.importorskip("matplotlib", reason="the report's pictures need matplotlib, which is not installed")
    one = example()
    many = Evaluation("fake", "heads", one.protocol, one.results * 3)
    assert figures.calibration([one]) == ""
    assert "<svg" in figures.calibration([many])
    read_page(page([many], Background(PLACES)))


def test_page_where_everything_was_refused() -> None:
    nothing = Evaluation("blind", "heads", protocol(), (evaluate(Blind(), case("x")),))
    assert "0 of 1" in read_page(page([nothing], Background(PLACES))).text
    assert tables.overall(nothing)["points"]["mean"] is None


def test_page_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    html = page([example()], Background(PLACES))
    assert "<svg" not in html and "pip install matplotlib" in read_page(html).text


def test_stored_predictions(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "predictions"
    one = case("one")
    prediction = Fake(1.0, [1, float("nan"), 2, 3]).predict_surface(one.mesh())
    write_prediction(folder, "one", prediction)
    write_prediction(folder, "two", "No face was found.")
    result = evaluate_stored(folder, one)
    np.testing.assert_allclose(np.linalg.norm(result.found - PLACES, axis=1), [1, np.nan, 2, 3])
    assert evaluate_stored(folder, case("two")).failure == "No face was found."
    # A prediction that is not there is a mistake of the run, not a failure of the method.
    with pytest.raises(PalnetError, match="There is no prediction"):
        evaluate_stored(folder, case("three"))
    (folder / "two.prediction.json").write_text("{")
    with pytest.raises(PalnetError, match="cannot be read"):
        read_prediction(folder, "two")


def test_synthetic_cases(data: Callable[[str], Path], population: Population) -> None:
    source = PopulationScans(population, "test", TEST_SEED)
    cases = list(synthetic_cases(source, 3))
    again = next(synthetic_cases(source, 1))
    assert len({one.name for one in cases}) == 3
    np.testing.assert_array_equal(again.truth, cases[0].truth)
    for one in cases:
        # Landmarks that the scan shows lie on the mesh that the method gets: the same pose, the same unit.
        surface = surface_from_polydata(one.mesh())
        assert (closest_on_surface(surface, one.truth[one.shown])[1] * one.mm).max() < 3.5
    assert len({one.mm for one in cases}) > 1
