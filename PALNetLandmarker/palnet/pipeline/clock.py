"""How long the steps of the way take, and which one a person is told of."""

from __future__ import annotations

import time

from .prediction import Progress


class Clock:
    """Times the steps and tells the person which one begins."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._seconds: dict[str, float] = {}
        self._share, self._text = 0.0, ""
        self._name, self._start = "", 0.0

    def begin(self, name: str, share: float, text: str) -> None:
        self.end()
        self._share, self._text = share, text
        self.check()
        self._name, self._start = name, time.perf_counter()

    def check(self) -> None:
        """Let the person end a long step."""
        if self._progress:
            self._progress(self._share, self._text)

    def end(self) -> dict[str, float]:
        if self._name:
            self._seconds[self._name] = time.perf_counter() - self._start
            self._name = ""
        return self._seconds
