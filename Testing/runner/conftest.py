"""The project and its environment, as run.py finds them."""

from __future__ import annotations

import os
import venv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from projects import TELL, Installers, loaded, project_in, write_stamp


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_in(tmp_path / "a folder with blanks")


@pytest.fixture
def run(project: Path) -> ModuleType:
    return loaded(project)


@pytest.fixture
def ready(run: ModuleType) -> Path:
    """The project with an environment that its stamp calls whole, and stand-ins for the tools in it."""
    venv.create(run.VENV, with_pip=False, symlinks=os.name != "nt")
    site = Path(run.answer("import site; print(site.getsitepackages()[0])"))
    (site / "PALNetLandmarkerLib").mkdir()
    (site / "PALNetLandmarkerLib" / "command.py").write_text(TELL)
    write_stamp(run, ["test", "train"])
    return site


@pytest.fixture
def install(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Prepare for a command with installers that fail as told; the list of what was tried."""

    def prepare(command: str, fails: Callable[[str], str | None] = lambda asked: None) -> list[str]:
        installers = Installers(fails)
        monkeypatch.setattr(run, "quiet", installers)
        try:
            run.prepare(command)
        finally:
            prepare.asked = installers.asked  # type: ignore[attr-defined]
        return installers.asked

    run.VENV.mkdir()
    run.PYTHON.parent.mkdir()
    run.PYTHON.touch()
    monkeypatch.setattr(run, "make_environment", run.MARKER.touch)
    return prepare
