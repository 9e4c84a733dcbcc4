"""run.py: what it is, which Python it takes, when it installs, and the commands."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from projects import SOURCE, posix_only, script, start

# ------------------------------------------------------------------------------------------------ what the file is


def test_it_needs_the_standard_library_only_and_names_no_host() -> None:
    text = (SOURCE / "run.py").read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= set(sys.stdlib_module_names)
    assert not re.search(r"https?://|index-url|\b[\w-]+\.(org|com|io|net|dev)\b", text)


def test_the_pythons_are_those_of_pyproject(run: ModuleType) -> None:
    text = (SOURCE / "pyproject.toml").read_text(encoding="utf-8")
    (oldest, newest) = (run.OLDEST[1], run.NEWEST[1])
    assert f'requires-python = ">=3.{oldest},<3.{newest + 1}"' in text


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_installs_nothing(run: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(arguments) == 0
    assert "run.py demo" in capsys.readouterr().out
    assert not run.VENV.exists()


def test_ci_runs_the_same_tests() -> None:
    lines = (SOURCE / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "python3 run.py test"
    assert "set -euo pipefail" in lines


# --------------------------------------------------------------------------------------------------- another Python


def test_a_python_that_is_too_old_is_refused_in_words(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(run, "sys", SimpleNamespace(version_info=(3, 9, 18), stderr=sys.stderr))
    monkeypatch.setattr(run.platform, "python_version", lambda: "3.9.18")
    assert run.main(["demo"]) == 1
    assert capsys.readouterr().err == (
        "run.py: Python 3.10 to 3.13 is needed, and this is Python 3.9.18. "
        "Install Python 3.13, then start again with it.\n"
    )
    assert not run.VENV.exists()


@posix_only
def test_a_python_that_fits_is_found_and_started(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    minor = sys.version_info[1]
    for other in range(10, 14):  # as pyenv leaves them: a command for a version that is not there
        script(tmp_path, f"python3.{other}", "exit 127")
    script(tmp_path, f"python3.{minor}", f'exec "{sys.executable}" "$@"')
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.other_python() == [f"python3.{minor}"]
    monkeypatch.setattr(run, "sys", SimpleNamespace(version_info=(3, 14, 0), stderr=sys.stderr))
    (run.ROOT / ".venv").touch()  # so that the Python that is started cannot install either
    assert run.main(["demo"]) == 1
    assert "cannot be made" in capfd.readouterr().err


# --------------------------------------------------------------------------------------------------------- the stamp


def test_the_fingerprint_follows_the_needs_the_python_and_the_folder(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {run.fingerprint(), run.fingerprint()}
    assert len(seen) == 1
    pyproject = run.ROOT / "pyproject.toml"
    before = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(before.replace("vtk>=9.3", "vtk>=9.4"), encoding="utf-8")
    seen.add(run.fingerprint())
    pyproject.write_text(before, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(run, "sys", SimpleNamespace(version_info=(3, 99)))
        seen.add(run.fingerprint())
    moved = run.ROOT.with_name("moved")
    run.ROOT.rename(moved)
    monkeypatch.setattr(run, "ROOT", moved)
    seen.add(run.fingerprint())
    assert len(seen) == 4


def test_only_a_whole_environment_of_this_project_counts(ready: Path, run: ModuleType) -> None:
    whole = {"test", "train"}
    assert run.read_stamp() == whole
    text = run.STAMP.read_text()
    for damaged in ("", "{", "[]", '{"fingerprint": "of another pyproject", "installed": ["train"]}'):
        run.STAMP.write_text(damaged)
        assert run.read_stamp() is None
    run.STAMP.write_text(text)
    run.MARKER.touch()
    assert run.read_stamp() is None
    run.MARKER.unlink()
    assert run.read_stamp() == whole
    run.PYTHON.unlink()
    assert run.read_stamp() is None


def test_what_is_there_is_not_installed_again(install: Callable[..., list[str]], run: ModuleType) -> None:
    assert install("demo") != []
    assert not run.MARKER.exists()
    for command in ("demo", "landmark", "measure", "anything"):
        assert install(command) == []
    assert install("train")[-1] == "uv pip -e .[train]" and install("train") == []
    assert "pip -e .[test,train]" in install("test")[-1]
    assert install("test") == install("demo") == []


# ----------------------------------------------------------------------------------------------------- the commands


def test_a_command_gets_its_words_its_folder_and_gives_its_exit_code(
    project: Path, ready: Path, tmp_path: Path
) -> None:
    began = time.monotonic()
    done = start(project, "landmark", "my scan.ply", "--output", "a b", cwd=tmp_path, CODE="7")
    assert time.monotonic() - began < 5
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout) == [["palnet", "landmark", "my scan.ply", "--output", "a b"], str(tmp_path)]
    done = start(project, "palnet", "--help", cwd=tmp_path)
    assert json.loads(done.stdout)[0] == ["palnet", "--help"]


def test_the_demo_says_how_to_see_its_files(project: Path, ready: Path, tmp_path: Path) -> None:
    done = start(project, "demo", cwd=tmp_path)
    words, folder = json.loads(done.stdout.splitlines()[0])
    scan = os.path.join("Resources", "samples", "sample_face.ply")  # noqa: PTH118 - as it is written on a command line
    assert words == ["palnet", "landmark", scan, "--output", "output", "--picture", "--timings"]
    assert Path(folder) == project
    assert done.stdout.splitlines()[-2:] == [
        f"  {project / scan}",
        f"  {project / 'output' / 'sample_face.mrk.json'}",
    ]
    failed = start(project, "demo", CODE="3")
    assert failed.returncode == 3
    assert "Slicer" not in failed.stdout


@pytest.mark.parametrize(
    ("failing", "code"),
    [("", 0), ("ruff", 1), ("mypy", 1), ("imports", 1), ("pytest", 5), ("ruff mypy imports pytest", 5)],
)
def test_every_check_runs_and_the_last_line_is_pytests(project: Path, ready: Path, failing: str, code: int) -> None:
    for tool in ("ruff", "mypy", "pytest"):
        code_of_tool = (5 if tool == "pytest" else 2) if tool in failing else 0
        text = f"import sys\nprint('{tool}', *sys.argv[1:], 'ends')\nsys.exit({code_of_tool})\n"
        (ready / f"{tool}.py").write_text(text)
    (ready / "importlinter").mkdir()
    text = f"def lint_imports():\n    print('imports ends')\n    return {int('imports' in failing)}\n"
    (ready / "importlinter" / "cli.py").write_text(text)
    done = start(project, "test", "-k", "a name")
    assert done.returncode == code
    lines = done.stdout.splitlines()
    ran = [line for line in lines if line.endswith("ends")]
    assert ran[:-1] == ["ruff check . ends", "ruff format --check . ends", "mypy ends", "imports ends"]
    assert ran[-1].startswith("pytest ") and ran[-1].endswith(" -k a name ends") and lines[-1] == ran[-1]
    assert ("-- failed: " in done.stdout) == any(tool in failing for tool in ("ruff", "mypy", "imports"))


@pytest.fixture
def sleeper(project: Path, ready: Path) -> Iterator[subprocess.Popen[str]]:
    """run.py while its command runs, which waits to be stopped and then still has something to do."""
    (ready / "PALNetLandmarkerLib" / "command.py").write_text(
        "import sys, time\ndef main():\n  try:\n    print('started', flush=True)\n    time.sleep(30)\n"
        "  except KeyboardInterrupt:\n    time.sleep(0.5)\n    print('put away', flush=True)\n    return 9\n"
    )
    command = [sys.executable, str(project / "run.py"), "train"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        time.sleep(0.2)
        yield process
        process.kill()


@posix_only
def test_ctrl_c_is_left_to_the_command(sleeper: subprocess.Popen[str]) -> None:
    os.killpg(sleeper.pid, signal.SIGINT)  # as a terminal does
    assert sleeper.communicate(timeout=10)[0] == "put away\n"
    assert sleeper.returncode == 9


@posix_only
def test_a_request_to_end_reaches_the_command(sleeper: subprocess.Popen[str]) -> None:
    sleeper.terminate()
    sleeper.communicate(timeout=10)
    assert sleeper.returncode == 128 + signal.SIGTERM
