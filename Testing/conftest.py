"""What all rooms share: where the engine is, and the data that the project does not hold."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A shell starts what it leaves in the background with Ctrl-C ignored, which would stay so in all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]

# The same examples in every run; --hypothesis-profile=explore draws others, and ten times as many. What it finds
# becomes an example of its test.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", max_examples=10 * settings().max_examples, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Finds a file or folder of the data that may not be passed on, or skips the test and says why."""
    folder = Path(os.environ.get("PALNET_DATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip(f"needs the data {name}, which is not here: name its folder in PALNET_DATA")
        return folder / name

    return find


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder, and for the time of the test a user who may not read everything."""
    if not hasattr(os, "seteuid"):
        pytest.skip("Windows knows no such rights")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
