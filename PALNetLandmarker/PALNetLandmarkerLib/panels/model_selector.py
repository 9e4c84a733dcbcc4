"""The combo box of landmark models: those that come with the extension, and files of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from ..engine.landmarking import bundled_model_names
from ..engine.own_models import own_models
from .folders import remember_folder, start_folder

_FROM_FILE = "<file>"


class LandmarkModelSelector:
    """Keeps a ``QComboBox`` of landmark models; a model is named as the logic takes it, by name or by path.

    :param on_changed: called with the model that the user chose
    """

    def __init__(self, combo: Any, on_changed: Callable[[str], None]) -> None:
        self._combo = combo
        self._on_changed = on_changed
        self._current = ""
        for name in bundled_model_names():
            combo.addItem(name, name)
        for path in own_models():
            self._add(combo.count, path)
        combo.addItem(_("From file..."), _FROM_FILE)
        # "activated" is for what the user does; what the program selects must not come back as a choice.
        combo.connect("activated(int)", self._on_activated)

    def select(self, landmark_model: str) -> None:
        """Show a model as the chosen one; a file joins the list."""
        index = self._combo.findData(landmark_model) if landmark_model else -1
        if landmark_model and index < 0:
            index = self.add(landmark_model)
        self._combo.setCurrentIndex(index)
        self._current = landmark_model

    def add(self, path: str) -> int:
        """Offer a model file, before the way to others; returns its place in the list."""
        index = self._combo.findData(path)
        return index if index >= 0 else self._add(self._combo.count - 1, path)

    def _add(self, index: int, path: str) -> int:
        self._combo.insertItem(index, Path(path).name, path)
        self._combo.setItemData(index, path, qt.Qt.ToolTipRole)
        return index

    def _on_activated(self, index: int) -> None:
        chosen = self._combo.itemData(index)
        if chosen == _FROM_FILE:
            chosen = qt.QFileDialog.getOpenFileName(
                self._combo, _("Landmark model"), str(start_folder()), _("Landmark models (*.palnet)")
            )
            if chosen:
                remember_folder(Path(chosen).parent)
        if chosen:
            self.select(chosen)
            self._on_changed(chosen)
        else:
            self.select(self._current)  # the dialog was closed: what was chosen stays
