"""Who looks on while a model is trained: is told how far it is, and may have it stop at a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import Cancelled

READING, TRAINING, ALIGNMENT = "reading", "training", "alignment"
"""Stages of a training: its first scans are made, the network is trained, the first guess of alignment is trained."""


class _NoBar:
    """Stands for tqdm's, which does not come with Slicer."""

    def update(self, _steps: int) -> None:
        pass

    def set_postfix(self, **_values: str) -> None:
        pass

    def close(self) -> None:
        pass


def bar(total: int, done: int, unit: str, watched: bool) -> Any:
    """A bar of progress for the shell, or nothing where someone else looks on."""
    if watched:
        return _NoBar()
    from tqdm import tqdm

    return tqdm(total=total, initial=done, unit=unit, smoothing=0.05, mininterval=10)


def _no_one(_what: dict[str, Any]) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Watch:
    """A training's onlooker.

    :ivar told: is given plain JSON data: ``{"stage": ..., "done": 3, "total": 20}``, while training with the ``"loss"``
        of the step, and ``{"validated": ...}`` with each line of the training's log
    :ivar stop: asked between steps whether to stop
    """

    told: Callable[[dict[str, Any]], None] = _no_one
    stop: Callable[[], bool] = _never

    def at(self, stage: str, done: int, total: int, **more: Any) -> None:
        """Tell how far a stage is."""
        self.told({"stage": stage, "done": done, "total": total, **more})

    def check(self) -> None:
        """
        :raises Cancelled: the training is to stop
        """
        if self.stop():
            raise Cancelled("The training was stopped; it goes on from there when it is started again.")
