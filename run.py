"""Start PALNetLandmarker from its source folder, on a machine that has nothing but Python 3.10 to 3.13.

    python3 run.py demo                      landmark the sample scan, with a picture, into the folder output
    python3 run.py landmark SCAN... --output FOLDER
    python3 run.py train ...                 and the other commands of palnet: python3 run.py palnet --help
    python3 run.py test [PYTEST OPTIONS]     check the code and run every test

On Windows write py instead of python3. The first start makes a Python environment in the folder .venv here and
installs what is needed into it (about a minute, 1 GB); later starts take seconds. To remove it all, delete .venv.
PyTorch is installed only for training and for the tests: another GB, several with an NVIDIA GPU. It comes without CUDA
where no such GPU answers; the environment variable UV_TORCH_BACKEND=cpu forces that.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "install.log"
STAMP = VENV / "palnet-installed.json"
MARKER = VENV / "palnet-installing"  # there while an installation runs, or when one was killed half-way

OLDEST, NEWEST = (3, 10), (3, 13)  # as requires-python in pyproject.toml
# A firewall that swallows packets would hold uv for two minutes by its own settings; so it is half a minute at worst.
UV_PATIENCE = {"UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_TIMEOUT": "15", "UV_HTTP_RETRIES": "1"}

NETWORK = re.compile(
    "NewConnectionError|Failed to establish|ConnectTimeout|ReadTimeout|timed out|ProxyError|Name or service not known|"
    "getaddrinfo|name resolution|nodename nor|unreachable|Connection (refused|reset)|CERTIFICATE_VERIFY|SSLError"
)
# What a command needs beside the project itself.
EXTRAS = {"train": ("train",), "crossvalidate": ("train",), "test": ("train", "test")}
NO_BUILD = re.compile(r"No matching distribution found for ([\w.-]+)")


class Stop(Exception):
    """The command cannot go on; the text is one sentence or two for the user."""


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    try:
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            return run([*other_python(), str(Path(__file__).resolve()), *argv])
        command, *rest = argv
        wanted = rest[0] if command == "palnet" and rest else command
        prepare("check" if "--check" in rest else wanted)  # a look at scans needs no PyTorch
        if command == "test":
            return test(rest)
        return demo(rest) if command == "demo" else palnet(rest if command == "palnet" else argv)
    except Stop as stop:
        print(f"run.py: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrun.py: stopped.", file=sys.stderr)
        return 130


def palnet(arguments: list[str], cwd: Path | None = None) -> int:
    # Not the installed script: its first line holds the path of .venv, which is wrong once the folder has moved.
    # Nor may the user's folder come first where Python looks for modules: it may hold one named slicer or vtk.
    start = (
        "import sys; del sys.path[0]; sys.argv[0] = 'palnet'; "
        "from PALNetLandmarkerLib.command import main; sys.exit(main())"
    )
    return run([str(PYTHON), "-c", start, *arguments], cwd)


def demo(arguments: list[str]) -> int:
    scan, output = Path("Resources", "samples", "sample_face.ply"), Path("output")
    code = palnet(["landmark", str(scan), "--output", str(output), "--picture", "--timings", *arguments], cwd=ROOT)
    if code == 0 and not arguments:
        print("\nTo see it in 3D Slicer, select these two files, drag them into Slicer's window and press OK:")
        print(f"  {ROOT / scan}\n  {ROOT / output / scan.stem}.mrk.json")
    return code


def test(arguments: list[str]) -> int:
    """Every check runs, whatever the ones before found; pytest runs last, so that its closing line is the last line."""
    failed = []
    checks = {check: ["-m", *check.split()] for check in ("ruff check .", "ruff format --check .", "mypy")}
    # It has no -m, and the first line of its script holds the path of .venv, which is wrong once the folder has moved.
    checks["lint-imports"] = ["-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"]
    for check, how in checks.items():
        print(f"-- {check}", flush=True)
        if run([str(PYTHON), *how], ROOT) != 0:
            failed.append(check)
    if failed:
        print(f"-- failed: {', '.join(failed)}; the tests run nevertheless, but the exit code will not be 0")
    print("-- pytest", flush=True)
    # A process for each core; each with one thread, as threads that wait for work keep the others from theirs.
    os.environ["OMP_NUM_THREADS"] = "1"
    workers = ["-n", "logical", "--maxprocesses", "8", "--dist", "worksteal"]
    return run([str(PYTHON), "-m", "pytest", *workers, *arguments], ROOT) or int(bool(failed))


def prepare(command: str) -> None:
    """Make and fill .venv, unless its stamp says that what this command needs is there."""
    wait_for_others()
    installed = read_stamp()
    wanted = {*EXTRAS.get(command, ()), *(installed or ())}
    if installed is not None and wanted <= installed:
        return
    began = time.monotonic()
    try:
        make_environment()
        install_project(wanted, "train" in wanted and install_torch())
        stamp = {"fingerprint": fingerprint(), "installed": wanted}
        STAMP.write_text(json.dumps(stamp, default=sorted), encoding="utf-8")
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            os.utime(MARKER, (0, 0))  # nobody needs to wait for this one, but the next start makes .venv anew
        raise
    except Stop:
        MARKER.unlink(missing_ok=True)  # an installer that gave up by itself leaves whole packages to build on
        raise
    except OSError as error:
        raise Stop(
            f"The Python environment {VENV} cannot be made: {error.strerror}. "
            "Put the project's folder where you may write, and close programs that use it."
        ) from error
    MARKER.unlink()
    print(f"Installed in {time.monotonic() - began:.0f} s.\n", flush=True)


def make_environment() -> None:
    """Make .venv with pip in it, or keep one that works, is whole and has this Python's version."""
    version = "{}.{}".format(*sys.version_info[:2])
    if not MARKER.exists() and answer("import sys, pip; print('%d.%d' % sys.version_info[:2])") == version:
        print("[1/2] Using the Python environment in .venv ...", flush=True)
        MARKER.touch()
        return
    print("[1/2] Making a Python environment in .venv ...", flush=True)
    if VENV.exists():
        if VENV.resolve() == Path(sys.prefix).resolve():
            raise Stop("The environment in .venv is incomplete and in use: leave it (deactivate) and start again.")
        shutil.rmtree(VENV)
    VENV.mkdir()
    MARKER.touch()
    # Debian and Ubuntu keep ensurepip, by which venv installs pip, in a package of its own; but they may have pip.
    bare = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    made, text = quiet([sys.executable, "-m", "venv", *bare, str(VENV)])
    if made and bare:
        place = answer("import site; print(site.getsitepackages()[0])")
        made, text = quiet([sys.executable, "-m", "pip", "install", "--ignore-installed", "--target", place, "pip"])
    if "No module named pip" in text:
        raise Stop(f"Python lacks what makes environments; on Debian and Ubuntu: sudo apt install python{version}-venv")
    if not made:
        raise Stop(explain(text, "The Python environment in .venv cannot be made"))


def install_torch() -> bool:
    """Install PyTorch, and return whether uv did it, else pip.

    uv knows where the builds without CUDA are, but ignores pip's configuration: behind a mirror only pip works.
    """
    print("      Installing PyTorch for training (hundreds of MB, GBs for a graphics card) ...", flush=True)
    if quiet(pip_install("uv"))[0] and quiet(uv_install("torch"))[0]:
        return True
    large = " (on Linux that may be the build with CUDA, several GB)" if platform.system() == "Linux" else ""
    print(f"      uv does not get it here, so pip tries{large} ...", flush=True)
    for requirement in ("torch==2.13.0", "torch"):  # the version that we test with, then any
        installed, text = quiet(pip_install(requirement))
        if installed:
            return False
    raise Stop(explain(text, "PyTorch cannot be installed"))


def install_project(extras: set[str], by_uv: bool) -> None:
    """Install the project, editable, with some of its extras."""
    print("[2/2] Installing PALNetLandmarker ...", flush=True)
    # "." and not the path: a bracket or a comma in a path would be read as the start of more extras.
    what = ["-e", f".[{','.join(sorted(extras))}]" if extras else "."]
    for install in (uv_install, pip_install) if by_uv else (pip_install,):
        installed, text = quiet(install(*what))
        if installed:
            return
    raise Stop(explain(text, "PALNetLandmarker cannot be installed"))


def pip_install(*what: str) -> list[str]:
    # Python compiles what is used when it is used; all of it would be 40 MB more.
    return [str(PYTHON), "-m", "pip", "install", "--no-compile", "--retries", "2", *what]


def uv_install(*what: str) -> list[str]:
    return [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON), *torch_backend(), *what]


def torch_backend() -> list[str]:
    """Which build of PyTorch uv shall take; the index itself has builds for the CPU for Mac and Windows only."""
    if os.environ.get("UV_TORCH_BACKEND"):
        return []  # uv reads it itself
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        if subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20).returncode == 0:
            return ["--torch-backend=auto"]
    return ["--torch-backend=cpu"] if platform.system() == "Linux" else []


def other_python() -> list[str]:
    """How to start a Python on this machine that fits, where the one that runs this file does not."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        check = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"
        for command in ([f"python3.{minor}"], ["py", f"-3.{minor}"]):
            with contextlib.suppress(OSError):
                if subprocess.run([*command, "-c", check], capture_output=True).returncode == 0:
                    return command
    needed = f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed, and this is Python {platform.python_version()}"
    raise Stop(f"{needed}. Install Python 3.{NEWEST[1]}, then start again with it.")


def fingerprint() -> str:
    """What an environment is made for: the project's needs, the Python, and the folder (it is installed editable)."""
    facts = [(ROOT / "pyproject.toml").read_text(encoding="utf-8"), str(sys.version_info[:2]), str(ROOT)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def read_stamp() -> set[str] | None:
    """The extras in .venv; None where .venv is not for us or not whole."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        if stamp["fingerprint"] == fingerprint() and PYTHON.exists() and not MARKER.exists():
            return set(stamp["installed"])
    return None


def wait_for_others() -> None:
    """Wait while another run.py installs: it touches its marker every second."""
    with contextlib.suppress(OSError):  # mostly: there is no marker
        while abs(time.time() - MARKER.stat().st_mtime) < 10:
            print("Another run.py is installing, or was killed a moment ago; waiting ...", flush=True)
            time.sleep(5)


def answer(question: str) -> str:
    """What the Python in .venv prints for a line of code; nothing where it does not run or fails."""
    with contextlib.suppress(OSError):
        command = [str(PYTHON), "-c", question]
        return subprocess.run(command, capture_output=True, text=True, env=environment()).stdout.strip()
    return ""


def explain(text: str, what: str) -> str:
    """An installer's output in a sentence: what is wrong and what to do."""
    if re.search("No space left|not enough space|Errno 28", text):
        why = "the disk is full; 2 GB are needed, 4 GB for training."
    elif NETWORK.search(text):
        why = "the package index cannot be reached; check the network, and the proxy or mirror in pip's settings."
    elif re.search("Permission denied|Access is denied|Errno 13", text):
        why = "writing is not permitted; put the project's folder where you may write, and close programs that use it."
    elif NO_BUILD.search(text):
        machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        why = f"{NO_BUILD.findall(text)[0]} has no build for {machine}."
    else:
        why = f"the installer's last words are: {(text.strip().splitlines() or ['none'])[-1].strip()}"
    return f"{what}: {why} (All it said is in {LOG.relative_to(ROOT)}.)"


def environment() -> dict[str, str]:
    """The environment of what is started: without settings for another Python, with our patience for uv."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**UV_PATIENCE, **kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}


def quiet(command: list[str]) -> tuple[bool, str]:
    """Run an installer, its output in the log, and return whether it succeeded and what it said."""
    began, nobody = time.monotonic(), subprocess.DEVNULL  # a question for a password would wait for ever
    with LOG.open("a+", encoding="utf-8", errors="replace") as log:
        print("$", *command, file=log, flush=True)
        start = log.tell()
        with subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=nobody, stdout=log, stderr=log) as process:
            while process.poll() is None:
                MARKER.touch()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)
                if sys.stdout.isatty():
                    print(f"      {time.monotonic() - began:.0f} s ", end="\r", flush=True)
        log.seek(start)
        return process.returncode == 0, log.read()


def run(command: list[str], cwd: Path | None = None) -> int:
    """Run a command in this terminal; its exit code. Ctrl-C and a request to end go to it, and we wait for it."""
    with subprocess.Popen(command, cwd=cwd, env=environment()) as process:
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code  # as a shell says that a signal ended it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
