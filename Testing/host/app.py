"""Stand-ins for ``slicer.app`` and message boxes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import qt
from PySide6.QtCore import QObject, Signal

from .core import Core
from .files import IOManager

_YES = (qt.QMessageBox.Ok, qt.QMessageBox.Yes, qt.QMessageBox.Retry, qt.QMessageBox.Save)
_NO = (qt.QMessageBox.Cancel, qt.QMessageBox.No, qt.QMessageBox.Close, qt.QMessageBox.Discard)


class MessageBoxes:
    """Message boxes are recorded here instead of waiting for a click.

    :ivar texts: what they said, oldest first
    :ivar under_hourglass: those of them that came while the mouse was an hourglass
    :ivar answer: the button that is pressed in the next ones; where a box has another for yes (or no), that one
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.under_hourglass: list[str] = []
        self.answer = qt.QMessageBox.Ok

    def show(self, text: str, parent: Any = None, **options: Any) -> Any:
        """Stands for ``slicer.util.messageBox``."""
        self.texts.append(text)
        if qt.QApplication.overrideCursor() is not None:
            self.under_hourglass.append(text)
        offered = options.get("standardButtons", self.answer)
        if offered & self.answer:
            return self.answer
        alike = _YES if self.answer in _YES else _NO
        # A box that has but one button, such as an error's, is closed by it.
        return next((button for button in alike if offered & button), offered)


class ModuleManager(QObject):
    """Says when a module goes."""

    moduleAboutToBeUnloaded = Signal(str)


class App(QObject):
    """``slicer.app``."""

    startupCompleted = Signal()
    applicationName = "Slicer test host"
    documentationBaseUrl = "https://slicer.readthedocs.io/"

    def __init__(self, core: Core, application: qt.QApplication) -> None:
        super().__init__()
        self._core = core
        self._application = application
        own = Path(tempfile.mkdtemp())
        self._io = IOManager(core, own)
        self._modules = ModuleManager()
        self._layout: Any = None
        self._settings = qt.QSettings(str(own / "settings.ini"), qt.QSettings.IniFormat)
        self.temporaryPath = tempfile.gettempdir()

    def coreIOManager(self) -> IOManager:
        return self._io

    def moduleManager(self) -> ModuleManager:
        return self._modules

    def applicationLogic(self) -> Any:
        return self._core.application

    def mrmlScene(self) -> Any:
        return self._core.scene

    def userSettings(self) -> qt.QSettings:
        return self._settings

    settings = userSettings

    def layoutManager(self) -> Any:
        return self._layout

    def setLayoutManager(self, layout: Any) -> None:
        """Where ``host.window`` puts its 3D view."""
        self._layout = layout

    def testingEnabled(self) -> bool:
        return False  # else Slicer would not show its message boxes, and ours are recorded

    def translate(self, _context: str, text: str) -> str:
        return text

    def moduleDocumentationUrl(self, name: str) -> str:
        return self.documentationBaseUrl + name

    def processEvents(self, *_flags: Any) -> None:
        self._application.processEvents()

    def pauseRender(self) -> None:
        """The view draws when the events at hand are done, so there is nothing to hold back."""

    resumeRender = pauseRender

    def setOverrideCursor(self, cursor: Any) -> None:
        self._application.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        self._application.restoreOverrideCursor()

    def restart(self) -> None:
        """Named by Slicer's developer section."""
