"""Keys that act wherever the mouse is in Slicer's main window, while a module is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt
import slicer


class Shortcuts:
    """Keys of a module's panel; text fields keep the letters that are typed into them.

    :param actions: what each key does, the key as Qt writes it, for example ``N`` or ``Shift+A``
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]]) -> None:
        self._actions = actions
        self._shortcuts: dict[str, Any] = {}
        self._silenced: dict[str, list[Any]] = {}

    def install(self) -> None:
        """The module is opened; all keys are off until :meth:`switch`."""
        window = slicer.util.mainWindow()
        if self._shortcuts or window is None:
            return
        for key, action in self._actions.items():
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(key))
            # A key held down for too long must not accept one landmark after the other.
            shortcut.setAutoRepeat(False)
            shortcut.setEnabled(False)
            shortcut.connect("activated()", action)
            self._shortcuts[key] = shortcut

    def remove(self) -> None:
        """The module is left: the keys belong to others."""
        for key, shortcut in self._shortcuts.items():
            self.switch(key, False)
            shortcut.disconnect("activated()", self._actions[key])
            shortcut.deleteLater()
        self._shortcuts = {}

    def switch(self, key: str, on: bool) -> None:
        """Switch a key on or off; what is off belongs to others."""
        if key not in self._shortcuts or self._shortcuts[key].enabled == on:
            return
        # Of two shortcuts with one key, such as SlicerMorph's L, Qt calls neither: the others have to wait.
        if on:
            self._silenced[key] = [other for other in self._with_key(key) if other.enabled]
            for other in self._silenced[key]:
                other.setEnabled(False)
        self._shortcuts[key].setEnabled(on)
        if not on:
            silenced = self._silenced.pop(key)
            for other in self._with_key(key):  # those that still are
                if other in silenced:
                    other.setEnabled(True)

    def _with_key(self, key: str) -> list[Any]:
        """All shortcuts of the main window that have a key."""
        wanted = qt.QKeySequence(key).toString()
        children = slicer.util.mainWindow().children()
        shortcuts = [child for child in children if child.className() == "QShortcut"]
        return [shortcut for shortcut in shortcuts if shortcut.key.toString() == wanted]
