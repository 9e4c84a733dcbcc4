"""Stand-in for ``slicer.app.coreIOManager()``: reads and writes by Slicer's real engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import slicer

from .core import Core

_SCENES = (".mrml", ".mrb")


class IOManager:
    """Models, markups and scenes, each as Slicer's reader or writer of that name does it."""

    def __init__(self, core: Core, cache: Path) -> None:
        self._core = core
        # Bundles (.mrb) are unpacked below the folder of the cache.
        manager, self._caches = slicer.vtkDataIOManager(), slicer.vtkCacheManager()
        self._caches.SetRemoteCacheDirectory(str(cache))
        manager.SetCacheManager(self._caches)
        core.scene.SetDataIOManager(manager)
        core.scene.SetCacheManager(self._caches)

    def fileType(self, path: str) -> str:
        if str(path).endswith(_SCENES):
            return "SceneFile"
        return "MarkupsFile" if str(path).endswith((".mrk.json", ".fcsv")) else "ModelFile"

    def loadNodes(self, file_type: str, properties: dict[str, Any], loaded: Any, messages: Any) -> bool:
        path = str(properties["fileName"])
        if not Path(path).is_file():
            return False
        if file_type == "SceneFile":
            return self._load_scene(path, bool(properties.get("clear", False)), messages)
        if file_type == "ModelFile":
            lps = slicer.vtkMRMLStorageNode.CoordinateSystemLPS
            node = self._core.logics["Models"].AddModel(path, lps, messages)
        else:
            name = properties.get("name") or Path(path).name.split(".")[0]
            node = self._core.scene.GetNodeByID(self._core.logics["Markups"].LoadMarkups(path, name, messages) or "")
        if node is not None:
            loaded.AddItem(node)
        return node is not None

    def _load_scene(self, path: str, clear: bool, messages: Any) -> bool:
        scene = self._core.scene
        if path.endswith(".mrb"):
            return bool(scene.ReadFromMRB(path, clear, messages))
        scene.SetURL(path)
        return bool(scene.Connect(messages) if clear else scene.Import(messages))

    def fileWriterFileType(self, node: Any) -> str:
        return "ModelFile" if node.IsA("vtkMRMLModelNode") else "MarkupsFile"

    def saveNodes(self, file_type: str, properties: dict[str, Any], messages: Any) -> bool:
        path = Path(str(properties["fileName"]))
        if file_type == "SceneFile":
            return self._save_scene(path, messages)
        node = self._core.scene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(str(path))
        return bool(node.GetStorageNode().WriteData(node))

    def _save_scene(self, path: Path, messages: Any) -> bool:
        """``.mrml``: the scene without its data, ``.mrb``: a bundle, else: scene and data in a new or empty folder."""
        scene = self._core.scene
        if not os.access(path.parent, os.W_OK):
            return False
        if path.suffix in _SCENES:
            scene.SetURL(str(path))
            scene.SetRootDirectory(str(path.parent))
        if path.suffix == ".mrml":
            return bool(scene.Commit())
        if path.suffix == ".mrb":
            saved = bool(scene.WriteToMRB(str(path), None, messages))
            scene.SetStorableNodesModifiedSinceRead()
            return saved
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            return False
        return bool(self._core.application.SaveSceneToSlicerDataBundleDirectory(str(path), None))
