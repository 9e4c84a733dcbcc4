"""The examples in the documents run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import slicer
from fakes import FakePredictor, egg
from host.start import LoadedModule
from palnet.review.record import Review, State
from vtk import vtkPLYWriter

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("document", ["README.md", "docs/review.md"])
def test_python_examples(
    document: str,
    module: LoadedModule,
    predictor: type[FakePredictor],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In Slicer's Python console, with a scan file at hand and, for the second, loaded."""
    examples = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 1
    monkeypatch.chdir(tmp_path)
    writer = vtkPLYWriter()
    writer.SetFileName("scan.ply")
    writer.SetInputData(egg())
    writer.Write()
    if "loadModel" not in examples[0]:
        slicer.util.loadModel("scan.ply").SetName("scan")
    monkeypatch.setattr(slicer.util, "getModuleLogic", lambda name: module.widget.logic)
    names: dict[str, Any] = {"slicer": slicer, "getNode": slicer.util.getNode}
    exec(compile(examples[0], document, "exec"), names)
    record = Review.read(tmp_path / "scan.review.json")
    assert record.prediction.model == "face50"
    assert (tmp_path / "scan.mrk.json").is_file()
    assert "Tragion right" in capsys.readouterr().out  # it is missing on the egg, and so doubtful
    if "session.place" in examples[0]:
        assert record.states[record.prediction.protocol.index("Tr")] is State.CORRECTED
