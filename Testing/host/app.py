"""Stand-ins for ``slicer.app``, its input and output manager, and message boxes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import qt
import slicer
from PALNetLandmarkerLib.headless import Core
from PySide6.QtCore import QObject, Signal


class MessageBoxes:
    """Message boxes are recorded here instead of waiting for a click.

    :ivar texts: what they said, oldest first
    :ivar answer: the button that is pressed in the next ones
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.answer = qt.QMessageBox.Ok

    def show(self, text: str, parent: Any = None, **_options: Any) -> Any:
        """Stands for ``slicer.util.messageBox``."""
        self.texts.append(text)
        return self.answer


class IOManager:
    """Reads and writes models and markups by Slicer's real storage nodes."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def fileType(self, path: str) -> str:
        return "MarkupsFile" if str(path).endswith((".mrk.json", ".fcsv")) else "ModelFile"

    def loadNodes(self, file_type: str, properties: dict[str, Any], loaded: Any, messages: Any) -> bool:
        path = str(properties["fileName"])
        if not Path(path).is_file():
            return False
        if file_type == "ModelFile":
            lps = slicer.vtkMRMLStorageNode.CoordinateSystemLPS
            node = self._core.logics["Models"].AddModel(path, lps, messages)
        else:
            name = properties.get("name") or Path(path).name.split(".")[0]
            node = self._core.scene.GetNodeByID(self._core.logics["Markups"].LoadMarkups(path, name, messages) or "")
        if node is not None:
            loaded.AddItem(node)
        return node is not None

    def fileWriterFileType(self, node: Any) -> str:
        return "ModelFile" if node.IsA("vtkMRMLModelNode") else "MarkupsFile"

    def saveNodes(self, _file_type: str, properties: dict[str, Any], _messages: Any) -> bool:
        node = self._core.scene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(str(properties["fileName"]))
        return bool(node.GetStorageNode().WriteData(node))


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
        self._io = IOManager(core)
        self._modules = ModuleManager()
        self._layout: Any = None
        self._settings = qt.QSettings(str(Path(tempfile.mkdtemp()) / "settings.ini"), qt.QSettings.IniFormat)
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

    def setOverrideCursor(self, cursor: Any) -> None:
        self._application.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        self._application.restoreOverrideCursor()

    def restart(self) -> None:
        """Named by Slicer's developer section."""
