"""A copy of run.py in a folder with blanks; whatever would install is told of an index that is not there."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).resolve().parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="uses shell scripts or signals of POSIX")

NO_NETWORK = "WARNING: Retrying after connection broken by 'NewConnectionError': [Errno -2] Name or service not known"

# Stands in for the project's command in an environment: it tells how it was called.
TELL = """
import json, os, sys
def main():
    print(json.dumps([sys.argv, os.getcwd()]))
    return int(os.environ.get("CODE", "0"))
"""


def project_in(root: Path) -> Path:
    """The project's entrance, copied into a new folder."""
    root.mkdir()
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(SOURCE / name, root)
    return root


def loaded(project: Path) -> ModuleType:
    """``run.py`` of a project, as a module."""
    spec = importlib.util.spec_from_file_location("run_under_test", project / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Installers:
    """Answers in the place of `quiet`; keeps what was asked for, without the interpreter and the options of pip."""

    def __init__(self, fails: Callable[[str], str | None] = lambda asked: None) -> None:
        self.fails = fails
        self.asked: list[str] = []

    def __call__(self, command: list[str]) -> tuple[bool, str]:
        words = [
            word
            for word in command[2:]
            if not word.startswith(("--retries", "--no-compile", "--torch-backend", "--python"))
        ]
        self.asked.append(" ".join(word for word in words if word not in ("2", "install", command[0])))
        answer = self.fails(self.asked[-1])
        return answer is None, answer or ""


def write_stamp(run: ModuleType, installed: list[str]) -> None:
    stamp = {"fingerprint": run.fingerprint(), "installed": installed}
    run.STAMP.write_text(json.dumps(stamp))


def start(
    project: Path, *arguments: str, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Start run.py as a user does, with pip and uv kept off the network."""
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_OFFLINE": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    command = [sys.executable, str(project / "run.py"), *arguments]
    return subprocess.run(command, cwd=cwd, env={**kept, **nowhere, **variables}, capture_output=True, text=True)


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path
