"""The background process of :mod:`palnet.pipeline.worker` for tasks that may name a convention, too.

``python -m palnet.adapt.worker``; a task is then such a line, where ``convention`` may be left away or empty::

    {"id": 1, "scan": "face.ply", "model": "face50", "convention": "mine.convention.json"}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..pipeline.worker import main


def of_task(task: dict[str, Any], predictor: Any) -> Any:
    """The predictor that a task asks for.

    :param predictor: of its model
    :raises ConventionError: the convention cannot be read, or does not fit the model
    """
    if not task.get("convention"):
        return predictor
    from .predictor import followed

    return followed(predictor, Path(task["convention"]))


if __name__ == "__main__":
    main(of_task)
