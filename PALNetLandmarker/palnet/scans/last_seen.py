"""What of a scan can be seen, kept from the placing of its landmarks for the fit of its surface right after."""

from __future__ import annotations

import weakref

from vtkmodules.vtkCommonDataModel import vtkPolyData

from .surface import Surface


class _Last:
    """One scan's; it goes with the scan."""

    def __init__(self) -> None:
        self._mesh: weakref.ref[vtkPolyData] | None = None
        self._changed = 0
        self._surface: Surface | None = None

    def keep(self, mesh: vtkPolyData, surface: Surface) -> None:
        self._mesh, self._changed, self._surface = weakref.ref(mesh, self._forget), mesh.GetMTime(), surface

    def of(self, mesh: vtkPolyData) -> Surface | None:
        same = self._mesh is not None and self._mesh() is mesh and self._changed == mesh.GetMTime()
        return self._surface if same else None

    def _forget(self, gone: weakref.ref[vtkPolyData]) -> None:
        if gone is self._mesh:
            self._mesh = self._surface = None


_last = _Last()


def keep_seen(mesh: vtkPolyData, surface: Surface) -> None:
    """Keep what of a scan can be seen.

    :param surface: in the scan's coordinates: clean, no finer than needed, without what is hidden
    """
    _last.keep(mesh, surface)


def seen_before(mesh: vtkPolyData) -> Surface | None:
    """What was kept of this scan; None where nothing was, another came after it, or it has changed since."""
    return _last.of(mesh)
