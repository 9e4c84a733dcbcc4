"""run.py, copied into a folder with blanks; whatever would install is told of an index that is not there."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SOURCE = Path(__file__).resolve().parents[1]
posix_only = pytest.mark.skipif(os.name == "nt", reason="uses shell scripts or signals of POSIX")

NO_NETWORK = "WARNING: Retrying after connection broken by 'NewConnectionError': [Errno -2] Name or service not known"
NO_SLICER = "ERROR: No matching distribution found for slicer-core<5.14,>=5.11; extra == 'slicer'"

# Stands in for the project's command in an environment: it tells how it was called.
TELL = """
import json, os, sys
def main():
    print(json.dumps([sys.argv, os.getcwd()]))
    return int(os.environ.get("CODE", "0"))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a folder with blanks"
    root.mkdir()
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(SOURCE / name, root)
    return root


@pytest.fixture
def run(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_under_test", project / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ready(run: ModuleType) -> Path:
    """The project with an environment that its stamp calls whole, and stand-ins for the tools in it."""
    venv.create(run.VENV, with_pip=False, symlinks=os.name != "nt")
    site = Path(run.answer("import site; print(site.getsitepackages()[0])"))
    (site / "PALNetLandmarkerLib").mkdir()
    (site / "PALNetLandmarkerLib" / "command.py").write_text(TELL)
    write_stamp(run, ["slicer", "test", "train"])
    return site


class Installers:
    """Answers in the place of `quiet`; keeps what was asked for, without the interpreter and the options of pip."""

    def __init__(self, fails: Callable[[str], str | None] = lambda asked: None) -> None:
        self.fails = fails
        self.asked: list[str] = []

    def __call__(self, command: list[str]) -> tuple[bool, str]:
        words = [word for word in command[2:] if not word.startswith(("--retries", "--torch-backend", "--python"))]
        self.asked.append(" ".join(word for word in words if word not in ("2", "install", command[0])))
        answer = self.fails(self.asked[-1])
        return answer is None, answer or ""


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


def write_stamp(run: ModuleType, installed: list[str], unavailable: tuple[str, ...] = ()) -> None:
    stamp = {"fingerprint": run.fingerprint(), "installed": installed, "unavailable": unavailable}
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
    pyproject.write_text(before.replace("torch>=2.4", "torch>=2.5"), encoding="utf-8")
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
    whole = ({"slicer", "test", "train"}, set())
    assert run.read_stamp() == whole
    text = run.STAMP.read_text()
    for damaged in ("", "{", "[]", '{"fingerprint": "of another pyproject", "installed": ["train"]}'):
        run.STAMP.write_text(damaged)
        assert run.read_stamp() == (set(), set())
    run.STAMP.write_text(text)
    run.MARKER.touch()
    assert run.read_stamp() == (set(), set())
    run.MARKER.unlink()
    assert run.read_stamp() == whole
    run.PYTHON.unlink()
    assert run.read_stamp() == (set(), set())


def test_what_is_there_is_not_installed_again(install: Callable[..., list[str]], run: ModuleType) -> None:
    assert install("demo") != []
    assert not run.MARKER.exists()
    for command in ("demo", "landmark", "train", "anything"):
        assert install(command) == []
    assert "pip -e .[slicer,test,train]" in install("test")[-1]
    assert install("test") == install("demo") == []


# ------------------------------------------------------------------------------------------------------ installing


@posix_only
@pytest.mark.parametrize(
    ("system", "nvidia", "forced", "expected"),
    [
        ("Linux", "exit 9", "", ["--torch-backend=cpu"]),
        ("Linux", "exit 0", "", ["--torch-backend=auto"]),
        ("Linux", "exit 0", "cpu", []),
        ("Windows", "exit 0", "", ["--torch-backend=auto"]),
        ("Windows", None, "", []),
        ("Darwin", None, "", []),
    ],
)
def test_the_build_of_torch(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    system: str,
    nvidia: str | None,
    forced: str,
    expected: list[str],
) -> None:
    if nvidia:
        script(tmp_path, "nvidia-smi", nvidia)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_TORCH_BACKEND", forced)
    monkeypatch.setattr(run.platform, "system", lambda: system)
    assert run.torch_backend() == expected
    command = run.uv_install("torch")
    assert command[0] == command[6] == str(run.PYTHON)
    assert command[1:6] == ["-m", "uv", "pip", "install", "--python"]
    assert command[7:] == [*expected, "torch"]


def test_uv_is_not_waited_for_unless_the_user_says_so(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "600")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    variables = run.environment()
    assert (variables["UV_HTTP_TIMEOUT"], variables["UV_HTTP_RETRIES"]) == ("600", "1")
    assert "PYTHONPATH" not in variables


def test_uv_does_all_where_it_can(install: Callable[..., list[str]]) -> None:
    assert install("demo") == ["pip uv", "uv pip torch", "uv pip -e .[slicer,train]"]


@pytest.mark.parametrize("fails", ["pip uv", "uv pip torch"])
def test_pip_does_all_where_uv_does_not_work(install: Callable[..., list[str]], fails: str) -> None:
    tried = install("demo", lambda asked: "no" if asked == fails else None)
    assert tried == [
        *["pip uv", "uv pip torch"][: 1 + ("torch" in fails)],
        "pip torch==2.13.0",
        "pip -e .[slicer,train]",
    ]


def test_any_torch_is_better_than_none(install: Callable[..., list[str]]) -> None:
    tried = install("demo", lambda asked: "no" if asked.startswith("uv") or "==" in asked else None)
    assert tried == ["pip uv", "uv pip torch", "pip torch==2.13.0", "pip torch", "pip -e .[slicer,train]"]


def test_pip_helps_where_uv_fails_later(install: Callable[..., list[str]]) -> None:
    tried = install("train", lambda asked: "no" if asked.startswith("uv pip -e") else None)
    assert tried[-2:] == ["uv pip -e .[slicer,train]", "pip -e .[slicer,train]"]


def test_without_a_build_of_slicer_core_only_what_needs_it_stops(
    install: Callable[..., list[str]], run: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_slicer(asked: str) -> str | None:
        return NO_SLICER if "slicer" in asked else None

    assert install("train", no_slicer)[-1] == "uv pip -e .[train]"
    assert "slicer-core has no build for Python" in capsys.readouterr().out
    assert run.read_stamp() == ({"train"}, {"slicer"})
    assert install("train", no_slicer) == []
    with pytest.raises(run.Stop, match="slicer-core has no build for Python"):
        install("landmark", no_slicer)
    assert install("train", no_slicer) == []
    assert install("demo") != []
    assert run.read_stamp() == ({"slicer", "train"}, set())


def test_a_failed_install_can_be_started_again(install: Callable[..., list[str]], run: ModuleType) -> None:
    with pytest.raises(run.Stop, match=r"PyTorch cannot be installed: the package index cannot be reached; .*pip"):
        install("demo", lambda asked: NO_NETWORK)
    assert not run.MARKER.exists()
    assert not run.STAMP.exists()
    # A network that breaks off must not be taken for a platform without slicer-core.
    with pytest.raises(run.Stop, match="index cannot be reached"):
        install("train", lambda asked: f"{NO_NETWORK}\n{NO_SLICER}" if "slicer" in asked else None)
    assert install("demo") != []


def test_an_interrupted_install_is_remembered(install: Callable[..., list[str]], run: ModuleType) -> None:
    def interrupt(asked: str) -> str | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install("demo", interrupt)
    assert run.MARKER.exists()
    began = time.monotonic()
    run.wait_for_others()
    assert time.monotonic() - began < 1


def test_two_starts_do_not_disturb_each_other(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            run.MARKER.unlink()

    run.VENV.mkdir()
    run.MARKER.touch()
    monkeypatch.setattr(run.time, "sleep", nap)
    run.wait_for_others()
    assert len(naps) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NO_NETWORK + "\nERROR: No matching distribution found for torch", "index cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0\n", "torch has no build for Python 3"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: Could not install: [Errno 13] Permission denied: 'x'", "writing is not permitted"),
        ("Collecting x\nerror: something new\n\n", "last words are: error: something new"),
        ("", "last words are: none"),
    ],
)
def test_a_failure_has_one_sentence(run: ModuleType, text: str, sentence: str) -> None:
    explained = run.explain(text, "It cannot be installed")
    assert explained.startswith("It cannot be installed: ")
    assert sentence in explained
    assert "\n" not in explained


# -------------------------------------------------------------------------------------------------- the environment


def test_an_environment_is_made_kept_and_made_anew(project: Path, run: ModuleType) -> None:
    """For real, up to where the network would be needed."""
    first = start(project, "demo")
    assert first.returncode == 1
    assert first.stdout.startswith(
        "[1/3] Making a Python environment in .venv ...\n[2/3] Installing PyTorch (some minutes) ...\n"
    )
    assert first.stderr.startswith("run.py: PyTorch cannot be installed: the package index cannot be reached;")
    assert first.stderr.count("\n") == 1
    assert "torch==2.13.0" in run.LOG.read_text(encoding="utf-8")
    assert start(project, "demo").stdout.startswith("[1/3] Using the Python environment in .venv ...\n")
    run.MARKER.touch()
    os.utime(run.MARKER, (0, 0))  # killed long ago
    assert start(project, "demo").stdout.startswith("[1/3] Making a Python environment in .venv ...\n")


@posix_only
def test_a_python_that_was_removed_is_replaced(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    run.PYTHON.parent.mkdir(parents=True)
    run.PYTHON.symlink_to("/nowhere/python3.11")
    monkeypatch.setattr(run, "quiet", lambda command: (run.PYTHON.exists(), "made elsewhere"))
    with pytest.raises(run.Stop, match="cannot be made: the installer's last words are: made elsewhere"):
        run.make_environment()
    assert not run.PYTHON.is_symlink()


@pytest.mark.parametrize("command", ["demo", "test"])
def test_a_place_that_cannot_be_written(project: Path, command: str) -> None:
    (project / ".venv").write_text("a file")
    done = start(project, command)
    assert done.returncode == 1
    assert done.stderr.startswith(f"run.py: The Python environment {project / '.venv'} cannot be made: ")
    assert done.stderr.count("\n") == 1


@posix_only
def test_a_folder_that_is_read_only(project: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    project.chmod(0o555)
    done = start(project, "demo")
    project.chmod(0o755)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Permission denied" in done.stderr


def test_debian_without_python3_venv(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """venv without ensurepip works for real; then pip of the system fills it, or there is none."""
    really, asked = run.quiet, []

    def quiet(command: list[str]) -> tuple[bool, str]:
        if "venv" in command:
            return really(command)
        asked.append(command)
        return False, f"{sys.executable}: No module named pip"

    monkeypatch.setattr(run, "quiet", quiet)
    monkeypatch.setattr(run, "importlib", SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: None)))
    with pytest.raises(run.Stop, match=r"sudo apt install python3\.\d+-venv$"):
        run.make_environment()
    (command,) = asked
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == "pip"
    assert Path(command[-2]).is_relative_to(run.VENV)
    assert run.answer("import pip; print('pip')") == ""


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
    ("failing", "code"), [("", 0), ("ruff", 1), ("mypy", 1), ("pytest", 5), ("ruff mypy pytest", 5)]
)
def test_every_check_runs_and_the_last_line_is_pytests(project: Path, ready: Path, failing: str, code: int) -> None:
    for tool in ("ruff", "mypy", "pytest"):
        code_of_tool = (5 if tool == "pytest" else 2) if tool in failing else 0
        text = f"import sys\nprint('{tool}', *sys.argv[1:], 'ends')\nsys.exit({code_of_tool})\n"
        (ready / f"{tool}.py").write_text(text)
    done = start(project, "test", "-k", "a name")
    assert done.returncode == code
    lines = done.stdout.splitlines()
    ran = [line for line in lines if line.endswith("ends")]
    assert ran == ["ruff check . ends", "ruff format --check . ends", "mypy ends", "pytest -k a name ends"]
    assert lines[-1] == ran[-1]
    assert ("-- failed: " in done.stdout) == any(tool in failing for tool in ("ruff", "mypy"))


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
