"""Slicer's File menu and drag and drop, for scans of those formats that Slicer itself does not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
import vtk
from palnet.errors import PalnetError, sentence_of
from palnet.scans.file import READERS, scan_ending
from slicer.i18n import tr as _

from .scan_nodes import load_scan

_FORMATS = {"glTF": (".glb", ".gltf"), "VRML 2": (".wrl", ".wrz"), "3MF": (".3mf",), "OFF": (".off",)}
_FORMATS["gzip"] = tuple(f"{ending}.gz" for ending in READERS)


class ScanFileReader:
    """What Slicer asks of a scripted reader of files.

    :param parent: ``qSlicerScriptedFileReader``
    """

    def __init__(self, parent: Any) -> None:
        self.parent = parent

    def description(self) -> str:
        return str(_("Face scan with colours"))

    def fileType(self) -> str:
        return "PALNetScan"

    def extensions(self) -> list[str]:
        scan = _("Face scan")
        return [f"{scan}, {name} (*{ending})" for name, endings in _FORMATS.items() for ending in endings]

    def canLoadFile(self, path: str) -> bool:
        return any(scan_ending(path) in endings for endings in _FORMATS.values())

    def load(self, properties: dict[str, Any]) -> bool:
        """Load a file; what is wrong with it is told where Slicer shows what went wrong."""
        path = Path(str(properties["fileName"]))
        try:
            model = load_scan(path)
        except (PalnetError, MemoryError, OSError) as error:
            messages = getattr(self.parent, "userMessages", lambda: None)()
            said = sentence_of(error, f"{path.name} could not be read")
            if messages is not None:
                messages.AddMessage(vtk.vtkCommand.ErrorEvent, said)
            slicer.util.errorDisplay(said) if messages is None else None
            return False
        if properties.get("name"):
            model.SetName(str(properties["name"]))
        self.parent.loadedNodes = [model.GetID()]
        return True
