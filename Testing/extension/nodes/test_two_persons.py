"""Two Slicers that save reviews of one scan at the same time: nothing of either is lost, the second one is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from palnet.formats.files import read_landmarks
from palnet.review.record import Review

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("PALNetLandmarker", "Testing", "Testing/palnet", "Testing/extension")
ROUNDS = 15

# Each person moves a landmark of their own by 1 mm in each round, on top of what the other one has saved.
PERSON = """
import sys
from pathlib import Path
from host.start import start
start()
import slicer
from palnet.errors import OutputError, ReviewError
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import record, storage
path, index, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def opened():
    while True:
        try:
            return storage.read_reviewed(slicer.mrmlScene, path)
        except ReviewError:  # gone for a moment: the other one writes
            pass

# Both have seen the same before either saves: however slow one is, who comes second is told.
node, done, told = opened(), 0, 0
print("begun", flush=True)
sys.stdin.readline()
while done < rounds:
    review = record.load(node)
    review = review.decide([index], State.CORRECTED, review.points[[index]] + [1.0, 0, 0])
    record.put_points(node, review, [index])
    record.store(node, review)
    try:
        storage.write_reviewed(node, path, asked=False)
        done += 1
    except OutputError as error:
        assert "other landmarks by now" in str(error) or "all the time" in str(error), error
        told += 1
        slicer.mrmlScene.Clear()
        node = opened()
print(told)
"""
FIRST = """
import sys
from pathlib import Path
from host.start import start
start()
import slicer
from batches import prediction
from PALNetLandmarkerLib.nodes import fiducials, record, storage
node = fiducials.create_fiducials(slicer.mrmlScene, "a")
fiducials.fill_fiducials(node, prediction())
record.begin(node, prediction(), "a")
storage.write_reviewed(node, Path(sys.argv[1]))
"""


def slicer(text: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def test_two_slicers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mrk.json"
    assert slicer(FIRST, str(path)).wait() == 0
    before = read_landmarks(path).points
    both = [slicer(PERSON, str(path), str(index), str(ROUNDS)) for index in (0, 1)]
    for one in both:
        assert one.stdout is not None
        while (line := one.stdout.readline()) != "begun\n":
            assert line
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [int(one.communicate(timeout=120)[0].split()[-1]) for one in both]
    found, review = read_landmarks(path).points, Review.read(tmp_path / "a.review.json")
    moved = found[:2, 0] - before[:2, 0]
    assert moved.round(6).tolist() == [ROUNDS, ROUNDS]
    assert (found[:2] == review.points[:2]).all()
    assert sum(told) > 0
    assert not list(tmp_path.glob(".*"))
