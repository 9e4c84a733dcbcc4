"""Files that are there whole or not at all, and what programs that were ended left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from palnet.errors import OutputError
from palnet.files import check_writable, clean_up, set_aside, whole_file

WRITER = """
import os, sys, time
from pathlib import Path
from palnet.files import whole_file
with whole_file(Path(sys.argv[1])) as beside:
    beside.write_text("half")
    print("begun", flush=True)
    time.sleep(60)
"""


def writing(path: Path) -> subprocess.Popen[str]:
    """A process that has a half-written file beside a place."""
    engine = Path(__file__).resolve().parents[2] / "PALNetLandmarker"
    environment = {**os.environ, "PYTHONPATH": str(engine)}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    return process


def test_a_folder_with_the_name_of_a_file_is_a_slip_unless_it_is_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="has the name of a file, and a folder is asked for"):
        check_writable(tmp_path / "face.mrk.json")
    (tmp_path / "face.mrk.json").mkdir()
    check_writable(tmp_path / "face.mrk.json")
    check_writable(tmp_path / "study.2" / "day 1.5")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only the age of what is left tells")
def test_what_a_killed_program_left_goes_and_what_a_running_one_writes_stays(tmp_path: Path) -> None:
    killed, running = writing(tmp_path / "a"), writing(tmp_path / "b")
    killed.kill()
    killed.wait()
    assert len(list(tmp_path.iterdir())) == 2
    check_writable(tmp_path)
    (left,) = tmp_path.iterdir()
    assert f"-{running.pid}-" in left.name
    running.kill()
    running.wait()
    check_writable(tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_another_machine_only_what_is_old_goes(tmp_path: Path) -> None:
    other = tmp_path / f".palnet-00000000-1-{'a' * 32}.partial"
    others = [tmp_path / name for name in (".partial", "a.partial", ".palnet-notes.partial")]
    for path in (other, *others):
        path.write_text("half")
    clean_up(tmp_path)
    assert other.exists()
    long_ago = time.time() - 2 * 24 * 3600
    for path in (other, *others):
        os.utime(path, (long_ago, long_ago))
    clean_up(tmp_path)
    assert not other.exists() and all(path.exists() for path in others)


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("before")
    with pytest.raises(ValueError, match="no"), whole_file(path) as beside:
        beside.write_text("half")
        raise ValueError("no")
    with pytest.raises(ValueError, match="no"), set_aside(path):
        assert not path.exists()
        raise ValueError("no")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
    with set_aside(path):
        pass
    assert not list(tmp_path.iterdir())
