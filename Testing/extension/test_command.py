"""The shell command writes what Slicer would write, with Slicer's engine started only when it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import vtk
from fakes import FakePredictor, egg, predict_egg
from host.start import Host
from PALNetLandmarkerLib import command


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """The egg as a file whose name is not easy."""
    path = tmp_path / "scans" / "Müller 3.ply"
    path.parent.mkdir()
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(egg())
    writer.Write()
    return path


def test_landmark(
    host: Host, scan: Path, predictor: type[FakePredictor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["palnet", "landmark", str(scan), "--output", str(output), "--picture"])
    assert command.main() == 0
    written = {path.name for path in output.iterdir()}
    assert written == {"Müller 3.mrk.json", "Müller 3.review.json", "Müller 3.landmarks.png"}
    points = json.loads((output / "Müller 3.mrk.json").read_text(encoding="utf-8"))["markups"][0]["controlPoints"]
    assert len(points) == 50
    for kind in ("vtkMRMLMarkupsNode", "vtkMRMLModelNode", "vtkMRMLDisplayNode"):
        assert host.core.scene.GetNumberOfNodesByClass(kind) == 0


def test_nothing_is_loaded_before_it_is_used() -> None:
    """``palnet --help`` and a scan that cannot be read need not wait for what draws pictures."""
    folder = Path(command.__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import PALNetLandmarkerLib.command as c; c.PictureHost(); "
        "assert not {'slicer', 'vtk', 'vtkmodules', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_picture_needs_no_slicer(scan: Path, tmp_path: Path) -> None:
    """The sheet is drawn where slicer-core is not installed."""
    folder = Path(command.__file__).parent.parent
    code = (
        f"import sys; sys.path[:0] = [{str(folder)!r}, {str(Path(__file__).parent)!r}]; sys.modules['slicer'] = None; "
        "from pathlib import Path; from palnet.pipeline.prediction import Prediction; import json; "
        "from PALNetLandmarkerLib.command import PictureHost; "
        f"found = Prediction.from_json(json.loads(Path({str(tmp_path / 'egg.json')!r}).read_text())); "
        f"PictureHost().render_sheet(found, Path({str(scan)!r}), Path({str(tmp_path / 'egg.png')!r}))"
    )
    (tmp_path / "egg.json").write_text(json.dumps(predict_egg().to_json()))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert (tmp_path / "egg.png").stat().st_size > 100_000
