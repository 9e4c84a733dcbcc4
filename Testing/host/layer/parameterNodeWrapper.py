"""Stand-in for ``slicer.parameterNodeWrapper``: typed parameters on a parameter node, tied to widgets."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk

_GUI_PROPERTY = "SlicerParameterName"
_VALUES = (str, bool, int, float)

# How the value of a widget that is no node selector is heard of, read and written.
_ACCESS: dict[type, tuple[str, str, str]] = {
    qt.QCheckBox: ("toggled", "checked", "setChecked"),
    qt.QPushButton: ("toggled", "checked", "setChecked"),
    qt.QSpinBox: ("valueChanged", "value", "setValue"),
    qt.QDoubleSpinBox: ("valueChanged", "value", "setValue"),
    qt.QLineEdit: ("textChanged", "text", "setText"),
    qt.QComboBox: ("currentTextChanged", "currentText", "setCurrentText"),
}


def parameterNodeWrapper(cls: type) -> type:
    """Class decorator: annotated members become parameters that live in the wrapped node.

    :raises TypeError: a member has a type that neither this nor, for all we know, Slicer's wrapper can store
    """
    types = typing.get_type_hints(cls)
    for name, kind in types.items():
        if kind not in _VALUES and not issubclass(kind, slicer.vtkMRMLNode):
            raise TypeError(f"The parameter {name} of {cls.__name__} has the type {kind}")
        default = getattr(cls, name, kind() if kind in _VALUES else None)
        setattr(cls, name, _parameter(name, kind, default))

    def __init__(self: Any, node: Any) -> None:
        self.parameterNode = node
        self._connections: dict[int, _GuiConnection] = {}

    cls.__init__ = __init__  # type: ignore[misc]
    for method in (connectGui, disconnectGui, AddObserver, RemoveObserver):
        setattr(cls, method.__name__, method)
    cls._parameterTypes = types  # type: ignore[attr-defined]
    return cls


def _parameter(name: str, kind: type, default: Any) -> property:
    """A property that reads and writes one parameter of the node."""

    def read(self: Any) -> Any:
        node = self.parameterNode
        if kind not in _VALUES:
            return node.GetNodeReference(name)
        if not node.HasParameter(name):
            return default
        text = node.GetParameter(name)
        return text == "True" if kind is bool else kind(text)

    def write(self: Any, value: Any) -> None:
        if kind not in _VALUES:
            self.parameterNode.SetNodeReferenceID(name, value.GetID() if value is not None else None)
        elif isinstance(value, kind) or (kind is float and isinstance(value, int)):
            self.parameterNode.SetParameter(name, str(value))
        else:
            raise ValueError(f"The parameter {name} is of type {kind.__name__} and cannot be {value!r}")

    return property(read, write)


class _GuiConnection:
    """The widgets of one ``connectGui`` call and their slots."""

    def __init__(self, wrapper: Any, gui: Any) -> None:
        self._wrapper = wrapper
        self._updating = False
        self._slots: list[tuple[Any, Callable]] = []
        self._widgets: dict[str, Any] = {}
        for widget in vars(gui).values():
            name = widget.property(_GUI_PROPERTY)
            if not name:
                continue
            if name not in wrapper._parameterTypes:
                raise ValueError(f"The widget {widget.objectName} names the parameter {name}, which does not exist")
            self._widgets[name] = widget
            signal = getattr(widget, _ACCESS[type(widget)][0]) if type(widget) in _ACCESS else widget.currentNodeChanged
            slot = self._make_slot(name, widget)
            signal.connect(slot)
            self._slots.append((signal, slot))
        self.show()
        self._tag = wrapper.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda _caller, _event: self.show())

    def _make_slot(self, name: str, widget: Any) -> Callable:
        def slot(*_arguments: Any) -> None:
            if not self._updating:
                value = getattr(widget, _ACCESS[type(widget)][1]) if type(widget) in _ACCESS else widget.currentNode()
                setattr(self._wrapper, name, value)

        return slot

    def show(self) -> None:
        """Bring the widgets up to date."""
        if self._updating:
            return
        self._updating = True
        try:
            for name, widget in self._widgets.items():
                value = getattr(self._wrapper, name)
                getattr(widget, _ACCESS[type(widget)][2] if type(widget) in _ACCESS else "setCurrentNode")(value)
        finally:
            self._updating = False

    def close(self) -> None:
        for signal, slot in self._slots:
            signal.disconnect(slot)
        self._wrapper.RemoveObserver(self._tag)


def connectGui(self: Any, gui: Any) -> int:
    """Tie widgets with the dynamic property ``SlicerParameterName`` to their parameters; returns a tag."""
    tag = max(self._connections, default=-1) + 1
    self._connections[tag] = _GuiConnection(self, gui)
    return tag


def disconnectGui(self: Any, tag: int | None) -> None:
    """Untie the widgets of one ``connectGui`` call."""
    connection = self._connections.pop(tag, None) if tag is not None else None
    if connection is not None:
        connection.close()


def AddObserver(self: Any, event: Any, callback: Callable, priority: float = 0.0) -> int:
    return self.parameterNode.AddObserver(event, callback, priority)


def RemoveObserver(self: Any, tag: int) -> None:
    self.parameterNode.RemoveObserver(tag)
