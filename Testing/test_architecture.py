"""docs/architecture.md says what the code does, and every room is what a room has to be."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "PALNetLandmarker"
PACKAGES = ("palnet", "PALNetLandmarkerLib")
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = sorted(path.parent for package in PACKAGES for path in (MODULE / package).glob("*/__init__.py"))
MOST_LINES = 400
NAMED = re.compile(r"`((?:palnet|PALNetLandmarkerLib|Testing|tools)/[\w/]+\.py)")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def sentence(room: Path) -> str:
    """What a room's ``__init__.py`` says, and nothing else is in it."""
    (only,) = ast.parse((room / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr) and isinstance(only.value, ast.Constant)
    return str(only.value.value)


def test_every_arrow_is_an_import(graph: grimp.ImportGraph) -> None:
    picture = PAGE.split("```mermaid")[1].split("```")[0]
    named = {key: place.replace("/", ".") for key, place in re.findall(r"(\w+)\[([\w/]+)\]", picture)}
    arrows = re.findall(r"^\s*(\w+)(?:\[[^]]*\])? --(?:[^>]*--)?> (\w+)", picture, re.MULTILINE)
    assert len(arrows) >= 15 and len(arrows) == picture.count("-->")
    for tail, head in arrows:
        assert graph.direct_import_exists(importer=named[tail], imported=named[head]), (tail, head)


def test_the_table_names_every_room() -> None:
    rows = re.findall(r"^\| `(\w+/\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == {room.relative_to(MODULE).as_posix(): sentence(room) for room in ROOMS}
    assert len(rows) == len(ROOMS)


def test_the_ground_is_named() -> None:
    ground = PAGE.split("files on the ground:")[1].split(". ")[0]
    entrances = {"__init__", "command"}
    files = {path.stem for package in PACKAGES for path in (MODULE / package).glob("*.py")} - entrances
    assert set(re.findall(r"`(\w+)`", ground)) == files


def test_the_table_goes_downwards(graph: grimp.ImportGraph) -> None:
    rooms = [name.replace("/", ".") for name in re.findall(r"^\| `(\w+/\w+)`", PAGE, re.MULTILINE)]
    for above, room in enumerate(rooms):
        for other in rooms[:above]:
            assert not graph.direct_import_exists(importer=room, imported=other, as_packages=True), (room, other)


def test_every_room_is_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^packages = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed
    rooms = {".".join(room.relative_to(MODULE).parts) for room in ROOMS}
    assert set(re.findall(r'"([\w.]+)"', listed.group(1))) == {*PACKAGES, "palnet.data", *rooms}


def test_every_room_has_tests() -> None:
    for room in ROOMS:
        folder = ROOT / "Testing" / ("palnet" if room.parent.name == "palnet" else "extension") / room.name
        assert list(folder.glob("test_*.py")), folder


@pytest.mark.parametrize("folder", ["PALNetLandmarker", "Testing", "tools"])
def test_files_can_be_read_at_one_sitting(folder: str) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {path.relative_to(ROOT): length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_places_in_documents_exist() -> None:
    """Files of the engine and the module that a document names, as ``palnet/scans/file.py``."""
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for place in NAMED.findall(document.read_text(encoding="utf-8")):
            path = ROOT / place if place.startswith(("Testing", "tools")) else MODULE / place
            assert path.is_file(), (document.name, place)
