"""A background process that places landmarks, so that the window of whoever started it stays fluid.

``python -m palnet.pipeline.worker`` reads one task a line from its standard input and answers in lines on its
standard output. Every line is a JSON object; ``id`` is whatever the task said::

    {"id": 1, "scan": "face.ply", "model": "face50"}
    {"id": 1, "progress": 0.3, "step": "Finding the face"}
    {"id": 1, "prediction": {...}}    or    {"id": 1, "error": "A sentence for the user."}

With ``skin``, a place for it, the skin of a volume is written there, too, as :func:`write_surface` writes; without a
``model`` that is all, and the answer says ``{"id": 1, "skin": "RAS", "warnings": [...]}``: the frame that it is in.

Instead of ``scan`` a task may name a ``surface``, a file of :func:`write_surface`; ``unit`` is what
:meth:`palnet.pipeline.predictor.Predictor.predict_surface` takes, and may be left away. The process ends when its input
closes, so it does not outlive the one who started it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..lines import answer_each, answers_alone
from ..threads import ONE_THREAD

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .prediction import Prediction

Send = Callable[[dict[str, Any]], None]
Changed = Callable[[dict[str, Any], Any], Any]

# The others' work goes first: the person's window must not stutter.
_NICENESS = 10


def write_surface(path: str | Path, mesh: vtkPolyData) -> None:
    """Write the triangles of a surface to a temporary file for the worker.

    :param path: ends in ``.npz``
    :raises OSError: it cannot be written there
    """
    import numpy as np

    from ..scans.surface import surface_from_polydata

    surface = surface_from_polydata(mesh)
    np.savez(path, points=surface.points, triangles=surface.triangles)


def serve(tasks: Iterable[str | bytes], send: Send, changed: Changed | None = None) -> None:
    """Answer tasks until there are no more; what goes wrong with one is its answer, and the next is taken.

    :param tasks: lines, as they come
    :param send: is given each line of the answers
    :param changed: gives the predictor that a task asks for from the one of its model
    """
    predictors = _Predictors(changed or (lambda _task, predictor: predictor))

    def answer_of(task: dict[str, Any]) -> dict[str, Any]:
        return {"prediction": predictors.predict(task, send).to_json()} if "model" in task else _make_skin(task, send)

    answer_each(tasks, answer_of, send, "The landmarks could not be placed")


def _make_skin(task: dict[str, Any], send: Send) -> dict[str, Any]:
    """Find the skin of a volume, and write it.

    :raises PalnetError: with a sentence for the user
    """
    from ..scans.file import read_mesh

    step = "Finding the skin in the volume"
    mesh = read_mesh(task["scan"], lambda share: send({"id": task["id"], "progress": share, "step": step}))
    _write_skin(task)
    return {"skin": mesh.space, "warnings": list(mesh.warnings)}


def _write_skin(task: dict[str, Any]) -> None:
    """Write the skin of the volume that was read last; whole, or not at all."""
    import numpy as np

    from ..files import whole_file
    from ..scans.file import read_mesh

    mesh = read_mesh(task["scan"])
    with whole_file(Path(task["skin"]), ".npz") as partial:
        np.savez(partial, points=mesh.points, triangles=mesh.triangles, space=mesh.space, warnings=mesh.warnings)


class _Predictors:
    """Keeps the predictor of the last task: most tasks are for the same model."""

    def __init__(self, changed: Changed) -> None:
        self._checksum = ""
        self._predictor: Any = None
        self._changed = changed

    def predict(self, task: dict[str, Any], send: Send) -> Prediction:
        """The landmarks that a task asks for.

        :raises PalnetError: with a sentence for the user
        """

        def progress(share: float, step: str) -> None:
            send({"id": task["id"], "progress": share, "step": step})

        predictor, unit = self._changed(task, self._load(task["model"])), task.get("unit", "auto")
        if "scan" in task:
            prediction = predictor.predict_file(task["scan"], unit, progress)
            if "skin" in task:
                _write_skin(task)
            return prediction
        import numpy as np

        from ..scans.surface import polydata_from_arrays

        with np.load(task["surface"], allow_pickle=False) as file:
            mesh = polydata_from_arrays(file["points"], file["triangles"])
        return predictor.predict_surface(mesh, unit, progress)

    def _load(self, name: str) -> Any:
        from .model import Model
        from .predictor import Predictor

        model = Model.find(name)
        # A model file may have been written anew under its old name.
        if model.checksum != self._checksum:
            self._predictor, self._checksum = Predictor(model), model.checksum
        return self._predictor


def main(changed: Changed | None = None) -> None:
    """Run the worker on this process's standard input and output; ``changed`` as of :func:`serve`."""
    os.environ.update(ONE_THREAD)  # read when numpy and vtk are first imported
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # no one listens any more
        serve(sys.stdin.buffer, answers_alone(), changed)


if __name__ == "__main__":
    main()
