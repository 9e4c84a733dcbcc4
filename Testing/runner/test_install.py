"""run.py: how it installs, and what it does where that fails."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from projects import NO_NETWORK, loaded, posix_only, project_in, script, start

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
    assert install("train") == ["pip uv", "uv pip torch", "uv pip -e .[train]"]


@pytest.mark.parametrize("command", ["demo", "landmark", "measure"])
def test_pytorch_is_installed_for_training_alone(install: Callable[..., list[str]], command: str) -> None:
    assert install(command) == ["pip -e ."]
    assert install("crossvalidate") == ["pip uv", "uv pip torch", "uv pip -e .[train]"]
    assert install("train") == [] == install(command)


def test_the_command_behind_palnet_says_what_is_needed(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    monkeypatch.setattr(run, "prepare", prepared.append)
    monkeypatch.setattr(run, "palnet", lambda arguments: 0)
    assert run.main(["palnet", "train", "config.json"]) == 0 == run.main(["palnet"])
    assert run.main(["train", "config.json", "--scans", "folder", "--check"]) == 0
    assert prepared == ["train", "palnet", "check"]


@pytest.mark.parametrize("fails", ["pip uv", "uv pip torch"])
def test_pip_does_all_where_uv_does_not_work(install: Callable[..., list[str]], fails: str) -> None:
    tried = install("train", lambda asked: "no" if asked == fails else None)
    assert tried == [
        *["pip uv", "uv pip torch"][: 1 + ("torch" in fails)],
        "pip torch==2.13.0",
        "pip -e .[train]",
    ]


def test_any_torch_is_better_than_none(install: Callable[..., list[str]]) -> None:
    tried = install("train", lambda asked: "no" if asked.startswith("uv") or "==" in asked else None)
    assert tried == ["pip uv", "uv pip torch", "pip torch==2.13.0", "pip torch", "pip -e .[train]"]


def test_pip_helps_where_uv_fails_later(install: Callable[..., list[str]]) -> None:
    tried = install("train", lambda asked: "no" if asked.startswith("uv pip -e") else None)
    assert tried[-2:] == ["uv pip -e .[train]", "pip -e .[train]"]


def test_a_failed_install_can_be_started_again(install: Callable[..., list[str]], run: ModuleType) -> None:
    with pytest.raises(run.Stop, match=r"PyTorch cannot be installed: the package index cannot be reached; .*pip"):
        install("train", lambda asked: NO_NETWORK)
    with pytest.raises(run.Stop, match=r"PALNetLandmarker cannot be installed: the package index cannot be reached"):
        install("demo", lambda asked: NO_NETWORK)
    assert not run.MARKER.exists()
    assert not run.STAMP.exists()
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
        "[1/2] Making a Python environment in .venv ...\n[2/2] Installing PALNetLandmarker ...\n"
    )
    assert first.stderr.startswith("run.py: PALNetLandmarker cannot be installed: the package index cannot be")
    assert first.stderr.count("\n") == 1
    assert "-e ." in run.LOG.read_text(encoding="utf-8")
    assert start(project, "demo").stdout.startswith("[1/2] Using the Python environment in .venv ...\n")
    run.MARKER.touch()
    os.utime(run.MARKER, (0, 0))  # killed long ago
    assert start(project, "demo").stdout.startswith("[1/2] Making a Python environment in .venv ...\n")


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
def test_a_folder_that_is_read_only(nobody: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = loaded(project_in(nobody / "project"))
    (nobody / "project").chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(65534)
    try:
        assert run.main(["demo"]) == 1
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        (nobody / "project").chmod(0o755)
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "cannot be made: Permission denied" in error


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
