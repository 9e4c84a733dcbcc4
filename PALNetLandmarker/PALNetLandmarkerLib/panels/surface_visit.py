"""In the tab "Surface", the choice of the other visit, of which was first, and of what is the same on both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.measures.surface_change import STABLE
from palnet.results import SURFACE_ENDINGS
from palnet.scans.file import READERS, scan_stem
from slicer.i18n import tr as _

from ..nodes.found_record import ATTRIBUTE
from ..nodes.scan_nodes import scan_of
from ..nodes.scene import is_file
from ..nodes.storage import MARKUPS_SUFFIX
from ..queue.folder_scans import RESULTS
from .folders import remember_folder, start_folder
from .looks import literal, shortened

_EARLIER, _LATER = 0, 1
_MOST_LETTERS = 19
# By what a treatment leaves alone; the first is right for jaws, nose and soft tissue below the eyes.
_PRESETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("Forehead, nasal root, orbits"), STABLE),
    (_("Forehead, orbits (nose treated)"), ("forehead", "orbit")),
    (_("Forehead, nasal root (eyelids treated)"), ("forehead", "nasal root")),
    (_("Nose, lips, chin (forehead treated)"), ("nose", "lips", "chin")),
    (_("All but ears and neck"), ("forehead", "nasal root", "orbit", "nose", "lips", "cheek", "chin")),
)


class VisitChoice:
    """Offers the other scans of the scene that have landmarks, and files.

    :param ui: widgets by name: ``visitCombo``, ``orderCombo``, ``stableCombo``
    :param landmark_model: says which landmark model is in use, by name or file
    :param on_chosen: called when the person has chosen something
    :ivar other: the fiducial node of the other visit, or what the engine is told of a file; None before a choice
    """

    def __init__(self, ui: Any, landmark_model: Callable[[], str], on_chosen: Callable[[], None]) -> None:
        self._ui = ui
        self._landmark_model = landmark_model
        self._on_chosen = on_chosen
        self._own: Any = None
        self._choices: list[Any] = []
        self._file: dict[str, Any] | None = None
        self.other: Any = None
        for title, _regions in _PRESETS:
            ui.stableCombo.addItem(title)
        ui.visitCombo.connect("activated(int)", self._on_visit)
        ui.orderCombo.connect("activated(int)", self._on_other)
        ui.stableCombo.connect("activated(int)", self._on_other)

    @property
    def earlier(self) -> bool:
        """Whether the other visit was before the scan under review."""
        return bool(self._ui.orderCombo.currentIndex == _EARLIER)

    @property
    def stable(self) -> list[str]:
        """The regions that are the same on both."""
        return list(_PRESETS[self._ui.stableCombo.currentIndex][1])

    @property
    def name(self) -> str:
        """What the person knows the other visit by; empty where none is chosen."""
        if self.other is None:
            return ""
        if isinstance(self.other, dict):
            return Path(self.other.get("scan") or self.other["surface"]).name
        scan = scan_of(self.other)
        return str(scan.GetName()) if scan is not None else ""

    def refresh(self, landmarks: Any) -> None:
        """List what there is beside the scan under review; where there is one other visit, it is chosen.

        :param landmarks: ``vtkMRMLMarkupsFiducialNode`` under review; None: none is
        """
        if landmarks is not self._own:
            self._own, self.other, self._file = landmarks, None, None
        others = _others(landmarks)
        if self.other is not self._file and self.other not in others:
            self.other = None
        choices: list[Any] = [*others, *([self._file] if self._file is not None else [])]
        if self.other is None and len(choices) == 1:
            self._choose(choices[0])
        titles = [self._title(one) for one in choices]
        combo = self._ui.visitCombo
        listed = [combo.itemText(index) for index in range(combo.count)]
        wanted = [_("Choose..."), *titles, _("From a file...")]
        if listed != wanted:
            combo.clear()
            for title in wanted:
                combo.addItem(title)
        self._choices = choices
        self._show_choice()

    def _show_choice(self) -> None:
        chosen = self._choices.index(self.other) + 1 if self.other is not None else 0
        self._ui.visitCombo.setCurrentIndex(chosen)
        about = _("Another scan of the same person: of the scene, or a file.")
        self._ui.visitCombo.toolTip = literal(self.name) or about

    def _title(self, one: Any) -> str:
        if isinstance(one, dict):
            return shortened(Path(one.get("scan") or one["surface"]).name, _MOST_LETTERS)
        return shortened(scan_of(one).GetName(), _MOST_LETTERS)

    def _choose(self, other: Any) -> None:
        """:param other: a fiducial node, or what is told of a file"""
        self.other = other
        first = not isinstance(other, dict) and _is_before(scan_of(other), scan_of(self._own))
        self._ui.orderCombo.setCurrentIndex(_EARLIER if first else _LATER)

    def _on_visit(self, index: int) -> None:
        if index == self._ui.visitCombo.count - 1:
            self._choose_file()
        elif index == 0:
            self._show_choice()
        elif self._choices[index - 1] is not self.other:
            self._choose(self._choices[index - 1])
            self._on_chosen()

    def _on_other(self, _index: int) -> None:
        if self.other is not None:
            self._on_chosen()

    def _choose_file(self) -> None:
        endings = " ".join(f"*{ending}" for ending in (*READERS, SURFACE_ENDINGS[0]))
        chosen = qt.QFileDialog.getOpenFileName(
            self._ui.visitCombo,
            _("The other visit"),
            str(start_folder(scan_of(self._own))),
            _("Scans and surfaces") + f" ({endings})",
        )
        if chosen:
            remember_folder(Path(chosen).parent)
            self.take_file(Path(chosen))
        else:
            self._show_choice()

    def take_file(self, path: Path) -> None:
        """The other visit is a file: of a surface, or a scan with its landmarks beside it, or without any."""
        if path.name.endswith(SURFACE_ENDINGS[0]):
            self._file = {"surface": str(path)}
        else:
            beside = _landmarks_beside(path)
            known = {"landmarks": str(beside)} if beside is not None else {"model": self._landmark_model()}
            self._file = {"scan": str(path), **known}
        self._choose(self._file)
        self.refresh(self._own)
        self._on_chosen()


def _others(landmarks: Any) -> list[Any]:
    """The newest reviewable landmarks of every scan of the scene but that of ``landmarks``."""
    own, newest = scan_of(landmarks), {}
    for node in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode"):
        scan = scan_of(node)
        if scan is not None and scan is not own and node.GetAttribute(ATTRIBUTE) and not node.GetHideFromEditors():
            newest[scan.GetID()] = node
    return list(newest.values()) if own is not None else []


def _is_before(one: Any, other: Any) -> bool:
    """Whether a scan came into the scene before another."""
    models = slicer.util.getNodesByClass("vtkMRMLModelNode")
    return models.index(one) < models.index(other)


def _landmarks_beside(scan: Path) -> Path | None:
    """The landmarks of a scan's file, as a review or a batch has written them."""
    for folder in (scan.parent / RESULTS, scan.parent):
        for name in (scan_stem(scan), scan.name):
            path = folder / f"{name}{MARKUPS_SUFFIX}"
            if is_file(path):
                return path
    return None
