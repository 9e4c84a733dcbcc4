"""``import qt`` as in Slicer, on PySide6."""

# ruff: noqa: E402, F403, F405  (as in Slicer a flat namespace of everything in Qt; PySide6 is changed first)
from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from host import pythonqt

pythonqt.install()

from PySide6.QtCore import *
from PySide6.QtGui import *
from PySide6.QtUiTools import QUiLoader as _QUiLoader
from PySide6.QtWidgets import *

_open_file_name = QFileDialog.getOpenFileName
QFileDialog.getOpenFileName = staticmethod(lambda *arguments: _open_file_name(*arguments)[0])  # PythonQt: path only
QUrl.TolerantMode = QUrl.ParsingMode.TolerantMode


class QUiLoader(_QUiLoader):
    """Loads Designer files with stand-ins for CTK and MRML widgets; refuses what it does not know."""

    def createWidget(self, class_name: str, parent: QWidget | None = None, name: str = "") -> QWidget:
        import ctk
        import slicer

        stand_in = getattr(ctk, class_name, None) or getattr(slicer, class_name, None)
        if isinstance(stand_in, type):
            widget = stand_in(parent)
            widget.setObjectName(name)
            return widget
        if class_name not in self.availableWidgets():
            raise RuntimeError(f"The test host has no stand-in for the widget class {class_name}")
        return super().createWidget(class_name, parent, name)

    def load(self, device: QIODevice, parent: QWidget | None = None) -> QWidget:
        root = ElementTree.fromstring(bytes(device.readAll()))
        # Connections of VTK types cannot be made by Qt's loader, whose stand-ins have other signatures.
        postponed = []
        connections = root.find("connections")
        for connection in list(connections) if connections is not None else []:
            if "vtk" in connection.findtext("signal", ""):
                postponed.append([connection.findtext(k, "") for k in ("sender", "signal", "receiver", "slot")])
                connections.remove(connection)
        buffer = QBuffer()
        buffer.setData(ElementTree.tostring(root))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer, parent)
        if widget is None:
            raise RuntimeError(self.errorString())
        widgets = {child.objectName: child for child in [widget, *widget.findChildren(QWidget)]}
        for sender, signal, receiver, slot in postponed:
            widgets[sender].connect(signal, getattr(widgets[receiver], slot.split("(")[0]))
        return widget
