"""The section "Save" of the module's panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.errors import PalnetError
from palnet.review import record_beside
from slicer.i18n import tr as _

from . import record
from .storage import MARKUPS_SUFFIX

_AS_SHOWN = 1


class ExportPanel:
    """Asks where landmarks are to be saved.

    :param ui: widgets by name: ``frameSelector``, ``exportButton``, ``exportStatusLabel``
    :param landmarks: says which fiducial node; None if there is none
    :param export: writes a node to a path, as shown or not; raises ``PalnetError``
    """

    def __init__(self, ui: Any, landmarks: Callable[[], Any], export: Callable[[Any, Path, bool], None]) -> None:
        self._ui = ui
        self._landmarks = landmarks
        self._export = export
        ui.exportButton.connect("clicked(bool)", self._on_button)

    def update(self) -> None:
        """Another node was chosen, or none."""
        self._ui.exportButton.enabled = self._landmarks() is not None
        self._show("")

    def _on_button(self, _checked: bool = False) -> None:
        node = self._landmarks()
        chosen = qt.QFileDialog.getSaveFileName(
            self._ui.exportButton,
            _("Save landmarks"),
            node.GetName() + MARKUPS_SUFFIX,
            _("Markups") + f" (*{MARKUPS_SUFFIX})",
        )
        if not chosen:
            return
        path = Path(chosen if chosen.endswith(MARKUPS_SUFFIX) else chosen + MARKUPS_SUFFIX)
        # The dialog has asked whether to replace the file that was chosen, not this one.
        question = _("{name} is already there. Replace it?").format(name=path.name)
        if str(path) == chosen or not path.exists() or slicer.util.confirmOkCancelDisplay(question):
            self.save(node, path)

    def save(self, node: Any, path: Path) -> None:
        """Write a node's landmarks, and say what was written; errors are shown to the person."""
        with slicer.util.tryWithErrorDisplay(_("The landmarks could not be saved."), waitCursor=True):
            try:
                self._export(node, path, self._ui.frameSelector.currentIndex == _AS_SHOWN)
            except PalnetError as error:
                self._show(str(error))
                slicer.util.errorDisplay(str(error))
                return
            review = record.load(node)
            unseen = int((~review.reviewed).sum())
            text = _("Saved: {markups} and the record of the review, {record}.").format(
                markups=path.name, record=record_beside(path).name
            )
            if unseen:
                text += " " + _("{unseen} of {total} landmarks are predictions that no one has reviewed.").format(
                    unseen=unseen, total=len(review.states)
                )
            self._show(text)

    def _show(self, text: str) -> None:
        self._ui.exportStatusLabel.text = text
        self._ui.exportStatusLabel.visible = bool(text)
