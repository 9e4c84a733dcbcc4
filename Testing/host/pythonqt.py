"""Make PySide6 classes behave like PythonQt, the Qt binding inside 3D Slicer.

In PythonQt a Qt property is an attribute (``label.text``, ``button.enabled = True``) while its setter stays a method,
signals are connected by their C++ signature (``button.connect("clicked(bool)", f)``), and enums have no scope.
PySide6's own ``true_property`` feature is no substitute: it is switched on per module and takes the setters away.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

# Enums as integers without scope, as PythonQt has them; read when PySide6 is first imported.
os.environ.setdefault("PYSIDE6_OPTION_PYTHON_ENUM", "6")

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

_MODULES = (QtCore, QtGui, QtWidgets, QtUiTools)
_SIGNATURE = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*$")
_done = False


def install() -> None:
    """Change the PySide6 classes of this process; more calls do nothing."""
    global _done
    if _done:
        return
    _done = True
    _keep_singletons()
    for cls in _qt_classes():
        _add_properties(cls)
        if "exec" in cls.__dict__:
            cls.exec_ = cls.exec
        _add_truth(cls)
    _hook_connections()
    QtCore.QObject.name = property(lambda self: self.objectName, lambda self, name: self.setObjectName(name))
    QtCore.QObject.className = lambda self: self.metaObject().className()
    QtCore.QObject.delete = lambda self: self.deleteLater()


def _add_truth(cls: type) -> None:
    """As in PythonQt, what is empty counts as false: a layout without widgets, though there is one."""
    if issubclass(cls, QtWidgets.QLayout):
        cls.__bool__ = lambda self: not self.isEmpty()


def _keep_singletons() -> None:
    """Make None, True and False as good as immortal before Python 3.12, where they are not.

    PySide6 6.12 returns them without counting; after some ten thousand calls None would be freed and Python would die.
    """
    if sys.version_info < (3, 12):
        for single in (None, True, False):
            ctypes.c_ssize_t.from_address(id(single)).value += 1 << 40


def unknown_attributes(root: QtWidgets.QWidget) -> list[tuple[str, str, str]]:
    """New attributes on plain Qt widgets below ``root``: PythonQt refuses these slips, PySide6 takes them in silence.

    :returns: (class, object name, attribute) of each, for example of ``button.enable = True``
    """
    slips = []
    for widget in [root, *root.findChildren(QtCore.QObject)]:
        if not type(widget).__module__.startswith("PySide6."):
            continue
        for name, value in vars(widget).items():
            # PySide6's loader of .ui files itself makes attributes of named children.
            loaded = isinstance(value, QtCore.QObject) and value.objectName == name
            if not name.startswith("_") and not loaded and not isinstance(value, QtCore.SignalInstance):
                slips.append((widget.className(), widget.objectName, name))
    return slips


def _qt_classes() -> Iterator[type]:
    """Every QObject class of PySide6 that is used here."""
    for module in _MODULES:
        # PySide6 makes a class when it is asked for, so vars(module) has but a few.
        for cls in [getattr(module, name) for name in dir(module)]:
            if isinstance(cls, type) and issubclass(cls, QtCore.QObject):
                yield cls


class _QtProperty(property):
    """A Qt property as an attribute of instances; on the class itself, what stood there before.

    So ``timer.singleShot = True`` sets the property, and ``QTimer.singleShot(0, f)`` still calls the static method.
    """

    def __init__(self, getter: Callable, setter: Callable | None, on_class: Any) -> None:
        super().__init__(getter, setter)
        self._on_class = on_class

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self if self._on_class is None else self._on_class
        return super().__get__(instance, owner)


def _add_properties(cls: type) -> None:
    """Make the Qt properties of a class attributes."""
    meta = cls.staticMetaObject
    for index in range(meta.propertyCount()):
        entry = meta.property(index)
        name = entry.name()
        # Inherited ones are there already, unless a method of this class hides them.
        if index >= meta.propertyOffset() or name in cls.__dict__:
            setattr(cls, name, _qt_property(cls, name, entry.isWritable()))


def _qt_property(cls: type, name: str, writable: bool) -> _QtProperty:
    own = cls.__dict__.get(name)
    is_static = isinstance(own, staticmethod)
    capital = name[0].upper() + name[1:]
    candidates = (None if is_static else own, getattr(cls, "is" + capital, None), getattr(cls, name, None))
    getter = next((candidate for candidate in candidates if callable(candidate)), None)
    setter = getattr(cls, "set" + capital, None)

    def read(self: Any) -> Any:
        return getter(self) if getter is not None and not is_static else QtCore.QObject.property(self, name)

    def write(self: Any, value: Any) -> None:
        if setter is not None:
            setter(self, value)
        elif not QtCore.QObject.setProperty(self, name, value):
            raise AttributeError(name)

    return _QtProperty(read, write if writable else None, own.__func__ if is_static else own)


def _find_signal(sender: QtCore.QObject, signature: str) -> QtCore.SignalInstance:
    """The signal of an object by its C++ signature.

    :raises ValueError: there is none; in Slicer nothing would happen but a line in the log
    """
    match = _SIGNATURE.match(signature)
    if match is None:
        raise ValueError(f"'{signature}' is not the signature of a signal")
    name, arguments = match.groups()
    meta = sender.metaObject()
    methods = [meta.method(index) for index in range(meta.methodCount())]
    signals = [m for m in methods if m.methodType() == QtCore.QMetaMethod.Signal and m.name() == name.encode()]
    signal = getattr(sender, name, None)
    if not signals or signal is None:
        raise ValueError(f"{meta.className()} has no signal '{signature}'")
    if not arguments or re.search(r"vtk|ctk|qMRML|qSlicer", arguments):
        return signal
    normal = bytes(QtCore.QMetaObject.normalizedSignature(f"{name}({arguments})")).decode()
    if meta.indexOfSignal(normal) < 0:
        raise ValueError(f"{meta.className()} has no signal '{signature}'")
    try:
        return signal[normal[len(name) + 1 : -1]]
    except (KeyError, IndexError, TypeError):
        return signal


def _connect(self: QtCore.QObject, signature: Any, *target: Any) -> Any:
    """``sender.connect("clicked(bool)", f)`` and ``sender.connect("clicked()", receiver, "slot()")``."""
    if not isinstance(signature, str):
        return _original_connect(signature, *target)
    slot = target[0] if len(target) == 1 else getattr(target[0], target[1].split("(")[0])
    _find_signal(self, signature).connect(slot)
    return True


def _disconnect(self: QtCore.QObject, signature: Any, *target: Any) -> Any:
    """``sender.disconnect("clicked(bool)", f)``."""
    if not isinstance(signature, str):
        return _original_disconnect(signature, *target)
    _find_signal(self, signature).disconnect(*target[:1])
    return True


_original_connect = QtCore.QObject.connect
_original_disconnect = QtCore.QObject.disconnect
_HOOKS = {"connect": _connect, "disconnect": _disconnect}


def _hook_connections() -> None:
    """Let ``connect`` and ``disconnect`` of every instance be ours.

    PySide6 resolves these two in C, because they are both static and instance methods; so the look-up itself is hooked,
    in each class that has its own.
    """

    def hook(cls: type) -> None:
        original = cls.__getattribute__

        def look_up(self: Any, name: str) -> Any:
            ours = _HOOKS.get(name)
            return original(self, name) if ours is None else types.MethodType(ours, self)

        cls.__getattribute__ = look_up

    for cls in {cls for cls in _qt_classes() if "__getattribute__" in cls.__dict__} | {QtCore.QObject}:
        hook(cls)
