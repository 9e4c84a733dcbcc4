"""Stand-ins for Slicer's MRML widgets."""

from __future__ import annotations

from typing import Any

import qt  # noqa: F401  (makes PySide6 behave like PythonQt)
import slicer
import vtk
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget


class qMRMLWidget(QWidget):
    """A widget that knows a scene and passes it on."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self.isEntered = False

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


class qMRMLSliderWidget(QWidget):
    """Named by Slicer's Python layer, which asks for its type."""


class qMRMLSpinBox(QDoubleSpinBox):
    """Likewise."""


class qMRMLRangeWidget(QWidget):
    """Likewise."""


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "nodeTypes": ("QStringList", []),
    "noneEnabled": (bool, False),
    "addEnabled": (bool, True),
    "removeEnabled": (bool, True),
    "renameEnabled": (bool, False),
    "showHidden": (bool, False),
    "showChildNodeTypes": (bool, True),
    "baseName": (str, ""),
    "noneDisplay": (str, "None"),
}


class ctkComboBox(QComboBox):
    """The list within a combo box of nodes; where nothing is chosen and nothing can be, it says what it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.defaultText = ""


class HiddenNodes:
    """What stands between the scene and a combo box of nodes: ``sortFilterProxyModel()``."""

    def __init__(self, refresh: Any) -> None:
        self._refresh = refresh
        self._ids: tuple[str, ...] = ()

    @property
    def hiddenNodeIDs(self) -> tuple[str, ...]:
        return self._ids

    @hiddenNodeIDs.setter
    def hiddenNodeIDs(self, ids: Any) -> None:
        self._ids = tuple(ids)
        self._refresh()


class _NodeComboBox(QWidget):
    """A combo box with the scene's nodes of some classes, and entries to create and delete nodes."""

    currentNodeChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._observed: list[tuple[Any, int]] = []
        observed = self._observed  # the scene outlives the widget
        self.destroyed.connect(lambda: [node.RemoveObserver(tag) for node, tag in observed])
        self._options = {name: default for name, (_type, default) in _OPTIONS.items()}
        self._listed: list[Any] = []
        self._rows: list[Any] = []
        self._current: Any = None
        self.combo = ctkComboBox()
        self._hidden = HiddenNodes(self._refresh)
        self.combo.activated.connect(self._picked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.combo)

    def mrmlScene(self) -> Any:
        return self._scene

    def sortFilterProxyModel(self) -> HiddenNodes:
        return self._hidden

    def setMRMLScene(self, scene: Any) -> None:
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed.clear()
        self._scene = scene
        kind = self._options["nodeTypes"][0] if self._options["nodeTypes"] else ""
        self.combo.defaultText = f"Select a {kind.removeprefix('vtkMRML').removesuffix('Node')}"
        for event, callback in (
            (scene.NodeAddedEvent, self._on_added),
            (scene.NodeAboutToBeRemovedEvent, self._on_removed),
            (scene.EndImportEvent, self._list_all),
            (scene.EndBatchProcessEvent, self._list_all),
        ):
            self._observed.append((scene, scene.AddObserver(event, callback)))
        self._list_all()

    def currentNode(self) -> Any:
        return self._current

    def setCurrentNode(self, node: Any) -> None:
        if node is not None and node not in self._listed:
            node = None
        self._show(node)
        self._set_current(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_added(self, _caller: Any, _event: Any, node: Any) -> None:
        """As in Slicer, whether a node is listed is asked when it comes; hiding it later changes nothing."""
        if node not in self._listed and self._accepts(node):
            self._listed.append(node)
        self._refresh()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removed(self, _caller: Any, _event: Any, node: Any) -> None:
        """As in Slicer, a node is let go before it has left the scene: references to it still lead to it."""
        self._listed = [other for other in self._listed if other is not node]
        self._refresh()

    def _list_all(self, *_event: Any) -> None:
        kinds = self._options["nodeTypes"] if self._scene is not None else []
        nodes = [node for kind in kinds for node in slicer.util.getNodesByClass(kind, self._scene)]
        self._listed = [node for node in nodes if self._accepts(node)]
        self._refresh()

    def _accepts(self, node: Any) -> bool:
        shown = self._options["showHidden"] or not node.GetHideFromEditors()
        kinds, own = self._options["nodeTypes"], node.GetClassName()
        return shown and any(node.IsA(name) if self._options["showChildNodeTypes"] else own == name for name in kinds)

    def _refresh(self) -> None:
        nodes = [node for node in self._listed if node.GetID() not in self._hidden.hiddenNodeIDs]
        none_shown = self._options["noneEnabled"] or not nodes
        self._rows = [None, *nodes] if none_shown else nodes
        self.combo.blockSignals(True)
        self.combo.clear()
        for node in self._rows:
            none = self._options["noneDisplay"] if self._options["noneEnabled"] else self.combo.defaultText
            self.combo.addItem(none if node is None else node.GetName())
        if self._options["addEnabled"]:
            self.combo.addItem("Create new node")
        if self._options["removeEnabled"]:
            self.combo.addItem("Delete current node")
        self.combo.blockSignals(False)
        current = self._current if self._current in nodes else self._rows[0]
        self._show(current)
        self._set_current(current)

    def _show(self, node: Any) -> None:
        self.combo.blockSignals(True)
        self.combo.setCurrentIndex(self._rows.index(node) if node in self._rows else -1)
        self.combo.blockSignals(False)

    def _set_current(self, node: Any) -> None:
        if node is not self._current:
            self._current = node
            self.currentNodeChanged.emit(node)

    def _picked(self, index: int) -> None:
        if index < len(self._rows):
            self._set_current(self._rows[index])
        elif self.combo.itemText(index).startswith("Create"):
            class_name = self._options["nodeTypes"][0]
            name = self._scene.GenerateUniqueName(self._options["baseName"] or class_name)
            self.setCurrentNode(self._scene.AddNewNodeByClass(class_name, name))
        elif self._current is not None:
            self._scene.RemoveNode(self._current)


def _option(name: str, kind: Any) -> Property:
    """A Qt property, so that Designer files can set it."""

    def read(self: Any) -> Any:
        return self._options[name]

    def write(self: Any, value: Any) -> None:
        self._options[name] = list(value) if name == "nodeTypes" else value
        self._list_all()

    return Property(kind, read, write)


# Qt sees the properties of a class only if they are there when it is made.
qMRMLNodeComboBox = type(_NodeComboBox)(
    "qMRMLNodeComboBox", (_NodeComboBox,), {name: _option(name, kind) for name, (kind, _default) in _OPTIONS.items()}
)
