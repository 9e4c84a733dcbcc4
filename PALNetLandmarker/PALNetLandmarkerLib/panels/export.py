"""The tab "Save" of the module's panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.errors import PalnetError, as_sentence
from palnet.exports.writers import FORMATS
from palnet.pipeline.size import without_options
from palnet.units import is_relative
from slicer.i18n import tr as _

from ..nodes import own_points
from ..nodes.scan_nodes import scan_of
from ..nodes.scene import file_of, is_file
from .folders import remember_folder, start_folder
from .looks import complain, enable, literal, tell

_AS_SHOWN = 1
_FORMATS = ("mrk", "fcsv", "csv-long", "csv", "tps", "nts", "morphologika", "morphoj")
"""Of the engine's formats those that hold one scan; the first comes with the record of the review."""


class ExportPanel:
    """Asks where landmarks are to be saved, and in which format.

    :param ui: widgets by name: ``frameSelector``, ``formatSelector``, ``exportButton``, ``exportStatusLabel``,
        ``sceneHintLabel``
    :param landmarks: says which fiducial node; None if there is none
    :param export: writes a node to a path, as shown or not, in a format; returns the files; raises ``PalnetError``
    """

    def __init__(
        self, ui: Any, landmarks: Callable[[], Any], export: Callable[[Any, Path, bool, str], list[Path]]
    ) -> None:
        self._ui = ui
        self._landmarks = landmarks
        self._export = export
        for name in _FORMATS:
            ui.formatSelector.addItem(f"{FORMATS[name].title} ({FORMATS[name].ending})", name)
        ui.exportButton.connect("clicked(bool)", self._on_button)

    def update(self) -> None:
        """Another node was chosen, or none."""
        there = self._landmarks() is not None
        enable(self._ui.exportButton, there)
        self._show("" if there else _("There is nothing to save yet: place landmarks, or choose a point list above."))
        hint = _("File > Save Data saves the whole scene with the scans; opened again, the review goes on.")
        spoils = there and spoils_scenes(self._landmarks())
        if spoils:
            told = _("Slicer cannot open a saved scene again with an & in names, as in '{name}': rename it before.")
            hint = told.format(name=spoils)
        tell(self._ui.sceneHintLabel, hint if there else "", warning=bool(spoils))

    @property
    def _format(self) -> str:
        return _FORMATS[self._ui.formatSelector.currentIndex]

    def _on_button(self, _checked: bool = False) -> None:
        node, form = self._landmarks(), FORMATS[self._format]
        chosen = qt.QFileDialog.getSaveFileName(
            self._ui.exportButton,
            _("Save landmarks"),
            str(start_folder(scan_of(node)) / (node.GetName() + form.ending)),
            f"{form.title} (*{form.ending})",
        )
        if not chosen:
            return
        remember_folder(Path(chosen).parent)
        path = Path(chosen if chosen.endswith(form.ending) else chosen + form.ending)
        # The dialog has asked whether to replace the file that was chosen, not this one.
        question = _("{name} is already there. Replace it?").format(name=path.name)
        if str(path) == chosen or not is_file(path) or slicer.util.confirmOkCancelDisplay(literal(question)):
            self.save(node, path)

    def save(self, node: Any, path: Path) -> None:
        """Write a node's landmarks in the chosen format, and say what was written; errors are shown to the person."""
        problem = ""
        with slicer.util.tryWithErrorDisplay(_("The landmarks could not be saved."), waitCursor=True):
            try:
                as_shown = self._ui.frameSelector.currentIndex == _AS_SHOWN
                with as_sentence(_("The landmarks could not be saved")):
                    files = self._export(node, path, as_shown, self._format)
                review = own_points.known(node)
            except PalnetError as error:
                problem = without_options(str(error))
            else:
                unseen = int((~review.reviewed).sum())
                parts = [self._saved(files)]
                if unseen:
                    parts.append(self._of_unseen(unseen, len(review.states)))
                if is_relative(review.unit):
                    parts.append(_("The size of the scan is not known: lengths in the file are no real mm."))
                self._show(" ".join(parts))
        if problem:  # the box comes when the mouse is an arrow again
            self._show(problem)
            complain(problem)

    def _saved(self, files: list[Path]) -> str:
        if self._format == _FORMATS[0]:
            text = _("Saved: {markups} and the record of the review, {record}.")
            return text.format(markups=files[0].name, record=files[1].name)
        text = _("Saved in LPS, without the record of the review: {names}.")
        return text.format(names=", ".join(file.name for file in files))

    def _of_unseen(self, unseen: int, total: int) -> str:
        text = _("{unseen} of {total} landmarks are predictions that no one has reviewed.")
        return text.format(unseen=unseen, total=total)

    def _show(self, text: str) -> None:
        tell(self._ui.exportStatusLabel, text)


def spoils_scenes(landmarks: Any) -> str:
    """The name of landmarks, their scan or its file for which Slicer writes a scene that it cannot read; empty if none.

    It writes the names of files into a scene as they are, and an ``&`` ends what its reader takes for well-formed.
    """
    scan = scan_of(landmarks)
    names = [landmarks.GetName(), *([scan.GetName(), str(file_of(scan) or "")] if scan is not None else [])]
    return next((str(name) for name in names if "&" in name), "")
