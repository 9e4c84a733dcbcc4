"""What the Extensions Index and Slicer's build read says the same everywhere and forgets no file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MODULE = ROOT / "PALNetLandmarker"
SCHEMA_KEYS = {
    "$schema",
    "category",
    "scm_url",
    "scm_revision",
    "scm_type",
    "build_dependencies",
    "build_subdirectory",
    "enabled",
    "tier",
}


@pytest.fixture(scope="module")
def cmake() -> str:
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def catalog() -> dict:
    return json.loads((ROOT / "PALNetLandmarker.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def s4ext() -> dict[str, str]:
    lines = (ROOT / "PALNetLandmarker.s4ext").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ") for line in lines if line.strip() and not line.startswith("#")]
    return {keyword: value for keyword, _blank, value in pairs}


def meta(cmake: str, name: str) -> str:
    """The value of ``set(EXTENSION_<name> "...")``."""
    found = re.search(rf'set\(EXTENSION_{name} "([^"]*)"\)', cmake)
    assert found, name
    return found.group(1)


def test_name(cmake: str) -> None:
    assert re.search(r"^project\(PALNetLandmarker\)$", cmake, re.MULTILINE)


def test_catalog_entry(cmake: str, catalog: dict) -> None:
    assert set(catalog) <= SCHEMA_KEYS and {"$schema", "category", "scm_url"} <= set(catalog)
    assert catalog["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.1.json#")
    assert catalog["category"] == meta(cmake, "CATEGORY")
    assert catalog["build_dependencies"] == [] and meta(cmake, "DEPENDS") == "NA"
    assert catalog["scm_url"] == meta(cmake, "HOMEPAGE") + ".git"
    assert 1 <= catalog["tier"] <= 5


def test_s4ext(cmake: str, catalog: dict, s4ext: dict[str, str]) -> None:
    for keyword in ("homepage", "category", "contributors", "description", "iconurl", "screenshoturls", "depends"):
        assert s4ext[keyword] == meta(cmake, keyword.upper()), keyword
    assert s4ext["scmurl"] == catalog["scm_url"]
    assert s4ext["scmrevision"] == catalog["scm_revision"]
    assert s4ext["build_subdirectory"] == catalog["build_subdirectory"]


def test_module_says_the_same(cmake: str) -> None:
    text = (MODULE / "PALNetLandmarker.py").read_text(encoding="utf-8")
    assert meta(cmake, "HOMEPAGE") in text
    assert f'"{meta(cmake, "CATEGORY")}"' in text
    assert f'"{meta(cmake, "CONTRIBUTORS")}"' in text


def test_urls_name_files_that_exist(cmake: str) -> None:
    raw = "https://raw.githubusercontent.com/palnetlandmarker/PALNetLandmarker/main/"
    for url in (meta(cmake, "ICONURL"), *meta(cmake, "SCREENSHOTURLS").split()):
        assert url.startswith(raw)
        assert (ROOT / url.removeprefix(raw)).is_file(), url


def test_every_file_is_built() -> None:
    """A file that CMake does not name is missing from the installed extension."""
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8").replace("${MODULE_NAME}", "PALNetLandmarker")
    listed = set(re.findall(r"^  (\S+\.(?:py|ui|png))$", text, re.MULTILINE))
    kinds = ("*.py", "*.ui", "*.png")
    there = {path.relative_to(MODULE).as_posix() for kind in kinds for path in MODULE.rglob(kind)}
    assert listed == there


def test_resources_are_installed(cmake: str) -> None:
    """The folders of Resources that the installed module reads."""
    found = re.search(r"foreach\(folder ([^)]*)\)", cmake)
    assert found
    assert found.group(1).split() == ["protocols", "models", "samples", "surfaces"]
    assert "QTSCRIPTEDMODULES_LIB_DIR}/Resources" in cmake


def test_parameters_of_the_panel_exist() -> None:
    """The .ui file ties its widgets to parameters by name."""
    ui = ElementTree.parse(MODULE / "Resources" / "UI" / "PALNetLandmarker.ui")
    names = {e.findtext("string") for e in ui.iter("property") if e.get("name") == "SlicerParameterName"}
    assert names == {"landmarks"}
    text = (MODULE / "PALNetLandmarker.py").read_text(encoding="utf-8")
    for name in names:
        assert re.search(rf"^    {name}: ", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["CMakeLists.txt", "PALNetLandmarker.json", "PALNetLandmarker.s4ext"])
def test_line_ends(name: str) -> None:
    assert b"\r" not in (ROOT / name).read_bytes()
