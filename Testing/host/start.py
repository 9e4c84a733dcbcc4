"""Start the host and load scripted modules into it."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_REPOSITORY = _HERE.parent.parent


@dataclass(frozen=True)
class Host:
    """The running host.

    :ivar core: ``host.core.Core``, :ivar boxes: the recorded message boxes
    :ivar real_layer: whether Slicer's own Python layer runs, by SLICER_PY
    """

    core: Any
    boxes: Any
    real_layer: bool


@functools.cache
def start() -> Host:
    """The host of this process: ``slicer``, ``qt`` and ``ctk`` can be imported as in Slicer afterwards."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path[:0] = [str(_REPOSITORY / "PALNetLandmarker"), str(_HERE / "modules")]
    import qt
    import slicer
    import slicer.util

    application = qt.QApplication.instance() or qt.QApplication(["host"])
    application.setStyle("Fusion")  # which Slicer's own styles derive from

    layer = os.environ.get("SLICER_PY")
    slicer.__path__.append(str(Path(layer) / "slicer") if layer else str(_HERE / "layer"))
    # Slicer's Python layer asks for these modules of its own by name.
    for name in ("MRMLCorePython", "MRMLLogicPython", "SlicerBaseLogicPython"):
        sys.modules.setdefault(name, slicer)

    from host import data_tree, widgets
    from host.app import App, MessageBoxes
    from host.palettes import use_palette

    from .core import core

    boxes = MessageBoxes()
    use_palette(dark=False)
    main_window = qt.QMainWindow()
    main_window.windowTitle = "PALNetLandmarker in the test host"
    slicer.app = App(core(), application)
    data_tree.grow(core().scene)
    slicer.modules = types.ModuleType("slicer.modules")
    sys.modules["slicer.modules"] = slicer.modules
    for name, logic in core().logics.items():
        setattr(slicer.modules, name.lower(), types.SimpleNamespace(logic=lambda logic=logic: logic))
    slicer.selfTests = {}
    slicer.util.mainWindow = lambda: main_window
    slicer.util.messageBox = boxes.show
    for name in ("qMRMLWidget", "qMRMLNodeComboBox", "qMRMLSliderWidget", "qMRMLSpinBox", "qMRMLRangeWidget"):
        setattr(slicer, name, getattr(widgets, name))
    return Host(core(), boxes, bool(layer))


class LoadedModule:
    """A scripted module as Slicer's module factory keeps it.

    :ivar path: of the module's file, :ivar module: its Python module
    :ivar description: the instance of its first class
    :ivar holder: where the window shows the panel, ``host.module_panel.ModulePanel``; None where there is no window
    :ivar panel: the ``qMRMLWidget`` in which the module's widget lives; ``panel.self()`` is the widget
    """

    def __init__(self, path: Path) -> None:
        import slicer

        self.path = str(path)
        self.name = path.stem
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(self.name, path)
        assert spec is not None and spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = self.module
        spec.loader.exec_module(self.module)
        parent = types.SimpleNamespace(path=self.path)
        self.description = getattr(self.module, self.name)(parent)
        setattr(slicer.modules, self.name.lower(), self)
        self.holder: Any = None
        self.panel = self._make_panel()

    def widgetRepresentation(self) -> Any:
        return self.panel

    @property
    def widget(self) -> Any:
        """The module's widget class, as it is now: a reload makes a new one."""
        import slicer

        return getattr(slicer.modules, self.name + "Widget")

    def enter(self) -> None:
        """The user opens the module."""
        self.panel.isEntered = True
        if self.holder is not None:
            self.holder.put(self.panel)
        self.widget.enter()

    def exit(self) -> None:
        """The user goes to another module."""
        self.panel.isEntered = False
        self.widget.exit()
        if self.holder is not None:
            self.holder.take()

    def unload(self) -> None:
        """The application closes.

        :raises AttributeError: the module put attributes on Qt's own widgets, which PythonQt refuses
        """
        import slicer

        from host.pythonqt import unknown_attributes

        slips = unknown_attributes(self.panel)
        slicer.app.moduleManager().moduleAboutToBeUnloaded.emit(self.name)
        self.panel.close()
        self.panel.deleteLater()
        slicer.app.processEvents()
        if slips:
            raise AttributeError(f"PythonQt would refuse: {slips}")

    def _make_panel(self) -> Any:
        import qt
        import slicer

        panel = slicer.qMRMLWidget()
        panel.setLayout(qt.QVBoxLayout())
        panel.setMRMLScene(slicer.mrmlScene)
        panel.reload = lambda: self._fill(panel)
        self._fill(panel)
        return panel

    def _fill(self, panel: Any) -> None:
        """Make the module's widget in the panel."""
        import slicer

        widget = getattr(sys.modules[self.name], self.name + "Widget")(panel)
        setattr(slicer.modules, self.name + "Widget", widget)
        panel.self = lambda: widget
        widget.setup()


def load_module() -> LoadedModule:
    """PALNetLandmarker in the host, its panel entered."""
    start()
    loaded = LoadedModule(_REPOSITORY / "PALNetLandmarker" / "PALNetLandmarker.py")
    loaded.enter()
    return loaded
