"""Everything but training runs where PyTorch cannot be imported, and training says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from palnet.errors import PalnetError
from palnet.training import pytorch

ENGINE = Path(pytorch.__file__).parents[1]
# A child of this process, in which importing PyTorch fails as where there is none.
WITHOUT = """
import sys
class Without:
    def find_spec(self, name, *_others):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Without())
"""
PALNET = WITHOUT + "from PALNetLandmarkerLib.command import main; sys.exit(main())"
ABOUT_TRAINING = {
    *("network", "station_net", "loss", "trainer", "first_guess", "loading", "model"),
    *("beginning", "checkpoints"),
}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PALNET, *map(str, arguments)]
    return subprocess.run(command, cwd=ENGINE.parent, capture_output=True, text=True, check=False)


def test_every_module_but_those_that_train_can_be_imported() -> None:
    names = []
    for path in sorted(ENGINE.rglob("*.py")):
        place = path.relative_to(ENGINE.parent).with_suffix("")
        if path.stem != "__init__" and not (path.parent.name == "training" and path.stem in ABOUT_TRAINING):
            names.append(".".join(place.parts))
    assert len(names) > 80
    code = WITHOUT + f"import importlib; [importlib.import_module(name) for name in {names!r}]"
    done = subprocess.run([sys.executable, "-c", code], cwd=ENGINE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_work_of_a_day(sample: Path, tmp_path: Path) -> None:
    """Landmark, measure, convert, compare and evaluate."""
    placed = tmp_path / "placed"
    done = run("landmark", sample, "--output", placed, "--cpu")
    assert done.returncode == 0, done.stderr
    assert "torch" not in (done.stdout + done.stderr).lower()
    (placed / sample.name).symlink_to(sample)
    for arguments in (
        ("measure", placed / "sample_face.mrk.json", "--output", tmp_path / "measured"),
        ("convert", placed / "sample_face.mrk.json", "--to", "tps", "--output", tmp_path / "a.tps"),
        (
            "compare",
            placed / "sample_face.mrk.json",
            placed / "sample_face.mrk.json",
            "--output",
            tmp_path / "compared",
        ),
        ("evaluate", "--model", "face50", "--scans", placed, "--output", tmp_path / "evaluated"),
    ):
        if arguments[0] == "evaluate":  # of a prediction that nobody has reviewed, nothing is measured
            (placed / "sample_face.review.json").unlink()
        done = run(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)


@pytest.mark.parametrize("command", ["train", "crossvalidate"])
def test_training_says_what_is_missing(command: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    place = ("--work", tmp_path / "work", "--output", tmp_path / "m.palnet")
    done = run(command, config, "--scans", tmp_path, *place)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "Training needs PyTorch, which is not installed" in done.stderr and "palnetlandmarker[train]" in done.stderr


def broken(monkeypatch: pytest.MonkeyPatch, **names: object) -> None:
    """A PyTorch that is there and does not work."""
    module = ModuleType("torch")
    for name, value in names.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "torch", module)


def fails(error: Exception) -> object:
    def failing(*_arguments: object, **_options: object) -> object:
        raise error

    return failing


def test_a_pytorch_that_knows_no_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, from_numpy=fails(RuntimeError("Numpy is not available")), __version__="2.2.2")
    with pytest.raises(PalnetError, match=r"PyTorch 2\.2\.2 does not work with numpy .*not available.*numpy<2"):
        pytorch.check_pytorch()


def test_a_pytorch_that_lacks_a_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('[WinError 126] Error loading c10.dll or its dependencies.')")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        with pytest.raises(PalnetError, match=r"cannot be loaded .*c10\.dll or its dependencies\): install it again"):
            pytorch.check_pytorch()
    finally:
        monkeypatch.undo()


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: no kernel image is available"), RuntimeError("CUDA out of memory")]
)
def test_a_graphics_card_that_does_not_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    cuda = ModuleType("torch.cuda")
    cuda.is_available = lambda: True  # type: ignore[attr-defined]
    broken(monkeypatch, cuda=cuda, ones=fails(error))
    assert pytorch.usable_device() == "cpu"
    assert f"The graphics card cannot be used ({error}): training goes on without it." in capsys.readouterr().err


def test_without_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = ModuleType("torch.cuda")
    cuda.is_available = lambda: False  # type: ignore[attr-defined]
    broken(monkeypatch, cuda=cuda)
    assert pytorch.usable_device() == "cpu"
