"""Folders and files that a person may not read: said in a sentence, and never passed over without a word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from palnet.agreement.review_study import read_reviews
from palnet.batch.files import find_scans
from palnet.errors import AnnotationError, LandmarkFileError, ReviewError, ScanError
from palnet.exports.sets import read_sets
from palnet.scans.file import scan_space
from palnet.training.annotated import read_annotated
from palnet.training.annotated_folders import scans_by_key


@pytest.fixture
def locked(nobody: Path) -> Iterator[Path]:
    """A folder that may not be read, beside a scan that may not be read, and a hidden folder likewise."""
    folder = nobody / "locked"
    for path in (folder, nobody / ".system"):
        path.mkdir()
    (folder / "b.ply").write_text("1")
    (nobody / "a.ply").write_text("1")
    for path in (folder, nobody / ".system", nobody / "a.ply"):
        path.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    yield folder
    if os.getuid() == 0:
        os.seteuid(0)
    folder.chmod(0o755)


def test_folders_below_are_named(locked: Path) -> None:
    above = locked.parent
    # It costs what is in it, not the whole batch.
    scan, folder = find_scans([above], True)
    assert (scan.name, scan.problem, folder.name) == ("a", "", "locked")
    assert "locked cannot be read: Permission denied" in folder.problem
    with pytest.raises(ScanError, match="locked cannot be read: Permission denied"):
        find_scans([locked], True)
    assert [item.name for item in find_scans([above], False)] == ["a"]
    for kind in ("auto", "markups", "lafas"):
        with pytest.raises(AnnotationError, match="locked cannot be read: Permission denied"):
            read_annotated(above, kind=kind)
    with pytest.raises(AnnotationError, match="locked cannot be read"):
        scans_by_key(above, [])
    with pytest.raises(ReviewError, match="locked cannot be read"):
        read_reviews(above)


def test_hidden_folders_do_not_matter(locked: Path) -> None:
    above = locked.parent
    if os.getuid() == 0:
        os.seteuid(0)
    locked.chmod(0o755)
    if os.getuid() == 0:
        os.seteuid(65534)
    assert [item.name for item in find_scans([above], True)] == ["a", "locked/b"]


def test_a_folder_of_landmarks(locked: Path) -> None:
    with pytest.raises(LandmarkFileError, match="locked cannot be read: Permission denied"):
        read_sets(locked)


def test_the_frame_of_a_scan(locked: Path) -> None:
    with pytest.raises(ScanError, match=r"a\.ply may not be read"):
        scan_space(locked.parent / "a.ply")


def test_a_file_in_a_folder_that_may_not_be_entered(locked: Path) -> None:
    with pytest.raises(LandmarkFileError, match=r"b\.csv cannot be read: Permission denied"):
        read_sets(locked / "b.csv")
