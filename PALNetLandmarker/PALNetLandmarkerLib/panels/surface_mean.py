"""In the tab "Surface", the choice of the mean face that a scan is compared with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from palnet.results import SURFACE_ENDINGS
from slicer.i18n import tr as _

from ..nodes import scene
from .folders import remember_folder, start_folder
from .looks import on_button


class MeanChoice:
    """Asks for the file of a mean face, or for a folder.

    :param ui: widgets by name: ``meanFileButton``, ``meanFolderButton``
    :param on_chosen: called when the person has chosen one
    :ivar path: that was chosen; None before
    """

    def __init__(self, ui: Any, on_chosen: Callable[[], None]) -> None:
        self._ui = ui
        self._on_chosen = on_chosen
        self.path: Path | None = None
        ui.meanFileButton.connect("clicked(bool)", self._choose_file)
        ui.meanFolderButton.connect("clicked(bool)", self._choose_folder)

    def take(self, path: Path) -> None:
        """The mean face is in this file, or of this folder."""
        self.path = path
        is_folder = scene.is_folder(path)
        self._ui.meanFileButton.text = _("Mean face...") if is_folder else on_button(path.name)
        self._ui.meanFolderButton.text = on_button(path.name) if is_folder else _("Folder of surfaces...")
        self._on_chosen()

    def _choose_file(self, _checked: bool = False) -> None:
        chosen = qt.QFileDialog.getOpenFileName(
            self._ui.meanFileButton,
            _("A mean face, or another surface"),
            str(self.path or start_folder()),
            _("Surfaces") + f" (*{SURFACE_ENDINGS[0]})",
        )
        if chosen:
            remember_folder(Path(chosen).parent)
            self.take(Path(chosen))

    def _choose_folder(self, _checked: bool = False) -> None:
        title = _("Folder with a mean face, or with surfaces")
        start = str(self.path or start_folder())
        chosen = qt.QFileDialog.getExistingDirectory(self._ui.meanFolderButton, title, start)
        if chosen:
            remember_folder(Path(chosen))
            self.take(Path(chosen))
