"""Take the pictures of the tab Learn in docs/images anew, in the test host: a real training, and conventions.

    python Testing/benchmarks/own_training.py --faces 12 --keep KEPT
    python tools/learn_pictures.py KEPT [--output docs/images] [--dark]

The training is that which the first command has made; its end is made once more. The conventions are of a person who
marks some landmarks on such faces otherwise than the model.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension", "tools")]

_AT_ONCE = "from palnet import lines; lines._NICENESS = 0; from palnet.learning.process import main; main()"
"""The process beside Slicer, which lets others go first where no one waits for it."""

_HABITS_MM = {"Gn": (0.0, -5.0, -3.0), "T_R": (-1.0, 3.0, 2.0), "T_L": (1.0, 3.0, 2.0), "Is_R": (0.0, 3.5, 0.0)}
"""By how much the person of the pictures marks otherwise, in the frame of the face."""


def open_learn(window: Any) -> Any:
    """The tab, and its panel."""
    from PALNetLandmarkerLib.panels.tabs import LEARN

    window.module.widget.sections.tabs.show(LEARN)
    return window.module.widget.sections.learn


def until(met: Callable[[], bool]) -> None:
    """Let the window live."""
    import slicer

    while not met():
        slicer.app.processEvents()
        time.sleep(0.02)


def training(album: Any, kept: Path, dark: bool) -> None:
    """A folder that was looked at, the curves, and the end."""
    from palnet.learning.plan import State

    with album.window(dark, load=False) as window:
        learn = open_learn(window)
        learn.show_train()
        train = learn.train
        train.choose(kept / "scans")
        until(lambda: not train.process.running)
        album.take(window, "learn-folder")
        plan = State.read(kept / "own").plan
        for model in plan.output.glob("work/*/model.palnet"):
            model.unlink()  # so that its log is told again
        train._begin(plan)
        until(lambda: len(train.curves.errors) >= 16 or not train.process.running)
        train.plot.enter()
        album.take(window, "learn-curves")
        until(lambda: not train.process.running)
        album.take(window, "learn-result")


def conventions(album: Any, scans: Path, dark: bool) -> None:
    """What would change, learned from a folder."""
    from user import click

    with album.window(dark) as window:
        panel = open_learn(window).conventions
        panel.learn_from(scans)
        until(lambda: not panel.process.running)
        click(panel._ui.useButton)
        album.take(window, "learn-conventions")


def marked_by_a_person(folder: Path, faces: int) -> None:
    """Faces with the fifty landmarks where a person with habits would put them."""
    import numpy as np
    from own_landmarks import write
    from palnet.formats.slicer import markups
    from palnet.pipeline.predictor import Predictor
    from palnet.scans.file import read_surface
    from palnet.scans.surface import closest_on_surface, surface_from_polydata

    predictor, rng = Predictor.load("face50"), np.random.default_rng(3)
    for scan in write(folder, faces, seed=2):
        mesh = read_surface(scan)
        said = predictor.predict_surface(mesh, "mm")
        turn = np.linalg.inv(said.face_from_scan[:3, :3])
        points = said.points + rng.normal(0, 0.8, said.points.shape)
        for label, shift in _HABITS_MM.items():
            points[said.protocol.index(label)] += turn @ np.array(shift)
        there = ~said.missing
        points[there] = closest_on_surface(surface_from_polydata(mesh), points[there])[0]
        text = markups(tuple(said.protocol.labels), points, "LPS", "mm")
        scan.with_suffix("").with_suffix(".mrk.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kept", type=Path, help="the folder that own_training.py kept")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    from host.start import start

    host = start()
    import slicer
    from PALNetLandmarkerLib.engine import training_process
    from screenshots import Album

    training_process._PROCESS = ["-c", _AT_ONCE]

    options.output.mkdir(parents=True, exist_ok=True)
    album = Album(host, ROOT / "Resources" / "samples" / "sample_face.ply", options.output)
    with tempfile.TemporaryDirectory() as temporary:
        slicer.app.userSettings().setValue("PALNetLandmarker/modelsFolder", temporary)
        training(album, options.kept, options.dark)
        person = Path(temporary) / "Reviewed by Anna"
        marked_by_a_person(person, 4)
        conventions(album, person, options.dark)


if __name__ == "__main__":
    main()
