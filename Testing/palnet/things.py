"""Things that are no faces, with landmarks that people placed: for tests of training on annotated scans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from palnet.protocols.from_labels import protocol_from_labels
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface
from palnet.training.config import TrainingConfig
from shapes import WRITERS, head, polydata
from slicer_text import markups, row

SIZE = 0.1  # of a head: the things are about as large as a mouse's skull
LABELS = ("front", "top", "P_R", "P_L", "chin", "Q_R", "Q_L", "back")
WAYS = np.array(
    [[0.0, 0, 1], [0, 1, 0.3], [-1, 0, 0.5], [1, 0, 0.5], [0, -0.7, 1], [-0.6, 0.7, 0.5], [0.6, 0.7, 0.5], [0, 0, -1]]
)
PROTOCOL = protocol_from_labels("things", LABELS)
CONFIG = TrainingConfig(
    name="things",
    protocol="labels",
    network_settings={"width": 12, "tokens": 16, "layers": 1, "scales": [[14.0, 16], [7.0, 16]]},
    steps=4,
    batch=2,
    pool=3,
    fresh=1,
    workers=0,
    validation_scans=2,
    validate_every=2,
    first_guess_scans=5,
)
_HEAD = head(1500)
_CORNERS = [int(np.argmax(_HEAD.points @ way)) for way in WAYS]


def thing(number: int) -> tuple[Surface, np.ndarray]:
    """One of many things alike, mm, lying anywhere, with its landmarks (8, 3)."""
    rng = np.random.default_rng((7, number))
    pose = random_pose(rng, 60, 5)
    points = apply(pose, _HEAD.points * rng.normal(1, 0.06, 3) * SIZE).astype(np.float32).astype(float)
    return Surface(points, _HEAD.triangles), points[_CORNERS]


def write_things(folder: Path, count: int = 10) -> Path:
    """Things of all but one as many subjects, as a user would have them; one lacks a landmark."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        surface, landmarks = thing(number)
        WRITERS["binary.ply"](polydata(surface), folder / f"T{number}.ply")
        rows = [row(label, list(place)) for label, place in zip(LABELS, landmarks, strict=True)]
        if number == 3:
            rows[4] = row("chin", "", positionStatus="missing")
        (folder / f"T{number}.mrk.json").write_text(markups(rows))
    subjects = "".join(f"T{k},S{max(k, 1)}\n" for k in range(count))
    (folder / "subjects.csv").write_text(f"scan,subject\n{subjects}")
    return folder
