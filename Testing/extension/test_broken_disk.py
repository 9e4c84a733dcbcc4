"""A drive that fails in the middle of what the module reads and writes: a sentence, nothing lost, a second try works.

Each job is done once on a whole disk, which says what it does there; then again for each kind of operation on each
kind of file, the first of which fails.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import qt
import slicer
from broken_disk import BrokenDisk
from fakes import predict_egg
from host.start import Host
from palnet.adapt.file import write_convention
from palnet.errors import ReviewError
from palnet.exchange import recover
from palnet.exports.sets import read_sets
from palnet.exports.writers import FORMATS
from palnet.review.record import Review
from PALNetLandmarkerLib.engine import conventions
from PALNetLandmarkerLib.nodes import own_points
from PALNetLandmarkerLib.nodes.storage import write_in_format
from PALNetLandmarkerLib.panels import queue
from PALNetLandmarkerLib.panels.compare import ComparePanel
from PALNetLandmarkerLib.panels.conventions import ConventionsPanel
from PALNetLandmarkerLib.panels.export import _FORMATS, ExportPanel
from PALNetLandmarkerLib.panels.queue import QueuePanel
from panels.test_conventions import convention
from queues import FakeBackground, decide, scan_folder
from reviews import landmarks_of
from section import load_section

UI = Path(queue.__file__).parents[2] / "Resources" / "UI"
_OWN_NAMES = re.compile(r"\.palnet-[0-9a-f]{8}-\d+-[0-9a-f]{32}")

WINDOWS: list[Any] = []


class Job:
    """Something that a person does with files.

    :param folder: what may fail
    :param act: does it, :param said: what the window says, :param is_done: whether it came to its end
    """

    def __init__(
        self,
        folder: Path,
        act: Callable[[], Any],
        said: Callable[[], str],
        is_done: Callable[[], bool],
        close: Callable[[], Any] = lambda: None,
    ) -> None:
        self.folder, self.act, self.said, self.is_done, self.close = folder, act, said, is_done, close


def section(path: Path) -> Any:
    """The widgets of a section, which stay as long as its window does."""
    window, _widget, ui = load_section(path)
    WINDOWS.append(window)
    return ui


def nothing_lost(folder: Path) -> int:
    """On how many landmarks of the first scan is decided, in the scene or else in its file."""
    nodes = [n for n in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if n.GetName() == "a landmarks"]
    if nodes:
        return int(own_points.known(nodes[0]).reviewed.sum())
    return on_file(folder)


def on_file(folder: Path) -> int:
    """The same by its file."""
    try:
        return int(Review.read(folder / "landmarks" / "a.review.json").reviewed.sum())
    except ReviewError:
        return 0


def next_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """*Next*: one scan is saved, another one read."""
    background = FakeBackground()
    monkeypatch.setattr(queue, "BackgroundPredictor", lambda: background)
    folder = scan_folder(tmp_path / "scans", "a.ply", "b.ply")
    ui = section(UI / "PALNetQueue.ui")
    opened: list[Any] = []
    panel = QueuePanel(ui, lambda _model, landmarks: opened.append(landmarks), lambda: "face50")
    panel.folder = str(folder)
    for step in (panel.next_scan, panel.next_scan, panel.previous_scan):
        step()
        while background.busy and opened[-1] is None:
            background.finish(predict_egg())
        decide(opened[-1], 5)
    decide(opened[-1], 9)

    def is_done() -> bool:
        assert nothing_lost(folder) == 9
        left = {node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLModelNode") if node.GetStorageNode()}
        return on_file(folder) == 9 and len(left) == 1 and panel.queue.current == str(folder / f"{left.pop()}.ply")

    return Job(folder, panel.next_scan, lambda: str(ui.queueStatusLabel.text), is_done, panel.close)


def save(form: str) -> Callable[[Path, pytest.MonkeyPatch], Job]:
    """*Save* in a format, over an older file."""

    def made(tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> Job:
        ui = section(UI / "PALNetExport.ui")
        node = landmarks_of(_egg(), predict_egg())
        panel = ExportPanel(ui, lambda: node, lambda one, path, shown, to: write_in_format(one, path, to, shown))
        ui.formatSelector.setCurrentIndex(_FORMATS.index(form))
        folder = tmp_path / "results"
        folder.mkdir()
        path = folder / f"a{FORMATS[form].ending}"
        write_in_format(node, path, form)
        before = path.read_bytes()
        decide(node, 7)
        node.SetNthControlPointPosition(20, 1.0, 2.0, 3.0)

        def is_done() -> bool:
            return path.is_file() and path.read_bytes() != before and len(read_sets(path)[0].labels) == 50

        return Job(folder, lambda: panel.save(node, path), lambda: str(ui.exportStatusLabel.text), is_done)

    return made


def compare(tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> Job:
    """Two observers' folders are read, and compared."""
    node = landmarks_of(_egg(), predict_egg())
    for name in ("Anna", "Ben"):
        (tmp_path / "study" / name).mkdir(parents=True)
        write_in_format(node, tmp_path / "study" / name / "a.mrk.json", "mrk")
    ui = section(UI / "PALNetCompare.ui")
    panel = ComparePanel(ui, lambda _scan, _label: None, lambda _begins: None)
    folder = tmp_path / "study"
    return Job(
        folder,
        lambda: panel.compare(folder / "Anna", folder / "Ben"),
        lambda: str(ui.compareStatusLabel.text),
        lambda: panel.comparison is not None and not any("cannot be" in said for said in panel.comparison.problems),
        panel.close,
    )


def learned(act: str) -> Callable[[Path, pytest.MonkeyPatch], Job]:
    """What is done with a convention."""

    def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
        folder = tmp_path / "models"
        slicer.app.userSettings().setValue("PALNetLandmarker/modelsFolder", str(folder))
        slicer.app.userSettings().remove("PALNetLandmarker/convention")
        folder.mkdir()
        write_convention(convention(), folder / "given.json")
        ui = section(UI / "PALNetConventions.ui")
        panel = ConventionsPanel(ui, lambda: "face50", lambda: "")
        opened: list[str] = []
        monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url))
        if act != "bring in":
            panel.bring_in(folder / "given.json")
        acts: dict[str, tuple[Callable[[], Any], Callable[[], bool]]] = {
            "bring in": (lambda: panel.bring_in(folder / "given.json"), lambda: panel.shown is not None),
            "use": (panel.use, lambda: conventions.used() is not None),
            "export": (lambda: panel.export(folder / "mine.json"), (folder / "mine.json").is_file),
            "page": (panel.open_page, lambda: bool(opened)),
        }
        doing, is_done = acts[act]
        return Job(folder, doing, lambda: str(ui.conventionStatusLabel.text), is_done, panel.close)

    return made


def _egg() -> Any:
    from fakes import egg, to_ras

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "egg")
    node.SetAndObservePolyData(to_ras(egg()))
    node.CreateDefaultDisplayNodes()
    return node


JOBS: dict[str, Callable[[Path, pytest.MonkeyPatch], Job]] = {
    "next scan": next_scan,
    **{f"save {form}": save(form) for form in ("mrk", "csv")},
    "compare": compare,
    **{f"{act} convention": learned(act) for act in ("bring in", "use", "export", "page")},
}


@contextmanager
def on_disk(host: Host, job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    slicer.mrmlScene.Clear()
    tmp_path.mkdir()
    made = JOBS[job](tmp_path, monkeypatch)
    slicer.app.processEvents()
    host.boxes.texts.clear()
    try:
        yield made
    finally:
        made.close()
        slicer.app.processEvents()
        WINDOWS.clear()


@pytest.mark.parametrize(
    ("job", "lasting"),
    [*((job, False) for job in JOBS), *((job, True) for job in ("next scan", "save mrk", "compare"))],
)
def test_each_operation_fails(
    host: Host,
    job: str,
    lasting: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with on_disk(host, job, tmp_path / "whole", monkeypatch) as made:
        disk = BrokenDisk(made.folder, None)
        with disk.broken():
            made.act()
        assert made.is_done()
    kinds = [_OWN_NAMES.sub("own", one.replace(str(made.folder), "")) for one in disk.log]
    numbers = sorted({kind: number for number, kind in reversed(list(enumerate(kinds, 1)))}.values())
    code = errno.EIO if lasting else errno.ENOSPC
    for number in numbers[1::4] if lasting else numbers[::2]:
        with on_disk(host, job, tmp_path / str(number), monkeypatch) as made:
            broken = BrokenDisk(made.folder, number, code, lasting)
            with broken.broken():
                made.act()
                slicer.app.processEvents()
            assert made.is_done() or made.said() or host.boxes.texts, broken.broke
            assert not [text for text in host.boxes.texts if "Errno" in text], host.boxes.texts
            if not made.is_done():
                made.act()
                slicer.app.processEvents()
            assert made.is_done(), (broken.broke, made.said())
            # Of files no second copy stays; half-written ones, which no one sees, go with the next run.
            for folder in [made.folder, *filter(Path.is_dir, made.folder.iterdir())]:
                recover(folder)
            assert not [path for path in made.folder.rglob("*") if path.suffix in (".held", ".kept")], broken.broke
        assert "Traceback" not in capfd.readouterr().err, broken.broke
