"""``palnet train`` before and after the training itself: a look at the folder, the time it takes, and how it stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.formats.slicer import markups
from palnet.learning.plan import Plan, config_of
from palnet.pipeline.model import Model
from palnet.training.config import TrainingConfig
from recorder import Recorder
from shapes import WRITERS, head, polydata

ROOT = Path(__file__).resolve().parents[3]
OWN = ROOT / "Resources" / "training" / "own.json"
LABELS = tuple(f"point {k}" for k in range(6))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six scans with landmarks that the bundled model does not know; one has none, one has them elsewhere."""
    place, surface = tmp_path / "My landmarks", head(400)
    place.mkdir()
    rng = np.random.default_rng(0)
    chosen = surface.points[rng.choice(len(surface.points), len(LABELS), replace=False)]
    for k in range(8):
        WRITERS["binary.ply"](polydata(surface), place / f"scan {k}.ply")
        points = chosen + rng.normal(0, 0.3, chosen.shape) + (900.0 if k == 6 else 0.0)
        if k < 7:
            (place / f"scan {k}.mrk.json").write_text(markups(LABELS, points, "LPS", "mm"), encoding="utf-8")
    return place


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main(["train", *(str(argument) for argument in arguments)], Recorder())
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_folder_is_looked_at_without_training(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palnet.training.pytorch.check_pytorch", lambda: pytest.fail("it needs no PyTorch"))
    before = sorted(folder.parent.rglob("*"))
    code, out, _ = _run(capsys, OWN, "--scans", folder, "--start", "face50", "--check")
    assert code == 0 and "7 scans of 7 subjects, 6 landmarks, in mm" in out
    assert "scan 7.ply has no file of landmarks" in out and "landmarks of scan 6 lie far from its surface" in out
    assert (
        "6 scans of 6 subjects can be used" in out
        and "A training takes about " in out
        and " min on one core, and " in out
    )
    assert sorted(folder.parent.rglob("*")) == before


def test_what_a_look_and_a_training_need(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _run(capsys, OWN, "--check")
    assert code == 1 and "with --scans" in err
    code, _, err = _run(capsys, OWN, "--scans", folder)
    assert code == 1 and "--work" in err and "--output" in err


def test_landmarks_that_the_protocol_does_not_know_are_said_with_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(capsys, OWN.with_name("face50.json"), "--scans", folder, "--check")
    assert code == 1 and '"protocol": "labels"' in err and "own.json" in err and "point 0" in err
    for file in folder.glob("*.mrk.json"):
        file.unlink()
    code, _, err = _run(capsys, OWN.with_name("face50.json"), "--scans", folder, "--check")
    assert code == 1 and "labels" not in err and "No scan with landmarks was found" in err


def test_the_time_is_said_before_a_training_begins(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    said: list[str] = []

    def train(*_arguments: object) -> Model:
        said.append(capsys.readouterr().out)
        raise KeyboardInterrupt

    monkeypatch.setattr("palnet.training.model.train_on_annotated", train)
    _run(capsys, OWN, "--scans", folder, "--work", tmp_path / "work", "--output", tmp_path / "a.palnet")
    assert "min on one core" in said[0]


@pytest.mark.parametrize(("name", "start"), [("own", "face50"), ("own-anew", "")])
def test_the_settings_are_those_of_the_window(name: str, start: str, tmp_path: Path) -> None:
    plan = Plan(tmp_path, tmp_path, name, start)
    given = TrainingConfig.load(OWN.with_name(f"{name}.json"))
    assert given == config_of(plan, Model.find(start) if start else None)


LOADING = """
import sys, time
from palnet.commands.signals import stop_signals
from palnet.training.loading import loaded

class Slow:
    def __len__(self): return 10**6
    def __getitem__(self, k):
        time.sleep(0.02)
        return k

with stop_signals():
    try:
        for k in loaded(Slow(), 2):
            if k == 3:
                print("going", flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        sys.exit(130)
"""


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows is not told to end, it is ended")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_training_that_is_told_to_stop_says_no_traceback(name: str) -> None:
    """The signal comes to all its processes, as from a terminal, a scheduler of jobs or the system."""
    pytest.importorskip("torch")
    with subprocess.Popen(
        [sys.executable, "-c", LOADING],
        env={**os.environ, "PYTHONPATH": str(ROOT / "PALNetLandmarker")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        os.killpg(process.pid, getattr(signal, name))
        try:
            out, err = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # else what does not stop would be waited for without end
    assert (process.returncode, out) == (130, "stopped\n"), err
    assert "Traceback" not in err and "killed by signal" not in err
