"""The skin in volumes, found by the engine in a process beside Slicer, with progress and Cancel at any time."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import slicer
from palnet.errors import Cancelled, PalnetError, ScanError
from palnet.pipeline.prediction import Progress
from palnet.scans.file import volume_state
from slicer.i18n import tr as _

from ..nodes.volumes import add_skin, read_skin, skin_in_scene, write_voxels
from .engine_process import EngineProcess, interpreter

_WORKER = ["-m", "palnet.pipeline.worker"]
_TURN_MS = 50
_kept: list[Any] = []


def place_for(volume: Path) -> Path:
    """Where the skin of a volume's file, as it is now, lies once it was found, while Slicer runs.

    :raises OSError: the file cannot be read
    """
    if not _kept:
        _kept.append(tempfile.TemporaryDirectory(prefix="palnet-skins-", ignore_cleanup_errors=True))
    state = repr(volume_state(volume))
    return Path(_kept[0].name) / f"{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()}.npz"


def skin_model(volume: Any, progress: Progress | None = None) -> tuple[Any, bool]:
    """The skin of a volume node as a model node: the one that is there, or a new one.

    :param progress: called with the share done and the step, many times a second; may raise ``Cancelled``
    :returns: the model node, and whether it is new
    :raises PalnetError: there is no skin, or it was cancelled; the scene is as before
    """
    made = skin_in_scene(volume)
    if made is not None:
        return made, False
    scene, step = volume.GetScene(), _("Reading the volume")

    def told(share: float) -> None:
        if progress is not None:
            progress(0.1 * share, step)

    try:
        with tempfile.TemporaryDirectory(prefix="palnet-volume-", ignore_cleanup_errors=True) as folder:
            path, result = Path(folder) / "volume.nrrd", Path(folder) / "skin.npz"
            write_voxels(volume, path, told)
            _find(path, result, progress, volume.GetName())
            skin = read_skin(result)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ScanError(
            _("The volume cannot be passed to the background process: {reason}.").format(reason=reason)
        ) from error
    if not scene.IsNodePresent(volume):
        raise Cancelled(_("The volume was removed while its skin was looked for."))
    return add_skin(volume, skin), True


def skin_of_file(volume: Path, progress: Progress | None = None) -> Any:
    """The skin in a volume's file, as a scan without colours; found once while Slicer runs.

    :raises PalnetError: there is none, or it was cancelled
    """
    try:
        place = place_for(volume)
        if not place.is_file():
            _find(volume, place, progress, volume.name)
        return read_skin(place)
    except OSError as error:
        raise ScanError(f"{volume.name} cannot be read: {error.strerror or error}.") from error


def _find(volume: Path, result: Path, progress: Progress | None, name: str) -> None:
    """Have the skin of a file found, and wait for it; the window lives meanwhile."""
    if interpreter() is None:
        raise PalnetError(_("The skin cannot be found: Slicer's Python (PythonSlicer) was not found."))
    lines: list[dict[str, Any]] = []
    ends: list[int | None] = []
    process = EngineProcess(lines.append, ends.append)
    process.start(_WORKER)
    process.send({"id": 1, "scan": str(volume.absolute()), "skin": str(result)})
    share, step = 0.1, _("Finding the skin in the volume")
    try:
        while True:
            process.wait(_TURN_MS)
            if progress is None:
                slicer.app.processEvents()
            else:
                progress(share, step)
            while lines:
                line = lines.pop(0)
                if "error" in line:
                    raise ScanError(str(line["error"]).replace(volume.name, name, 1))
                if "skin" in line:
                    return
                share = max(share, 0.1 + 0.9 * float(line["progress"]))
            if ends:
                raise PalnetError(
                    _("The background process failed on '{name}': it may need more memory than is free.").format(
                        name=name
                    )
                )
    finally:
        process.stop()
