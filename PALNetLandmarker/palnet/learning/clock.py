"""How far a training is as a whole, and how long the rest takes: by what was expected, and by what it took so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

_SURE_AFTER_S = 10.0


class Clock:
    """Knows what each stage is expected to take, and looks how long they do take.

    :param expected: seconds of each stage by name, in their order
    """

    def __init__(self, expected: Mapping[str, float], now: Callable[[], float] = time.monotonic) -> None:
        self._expected = dict(expected)
        self._now = now
        self._begin: tuple[float, float] | None = None

    def at(self, stage: str, share: float) -> tuple[float, float]:
        """What is done of the whole, 0 to 1, and the seconds that are left.

        :param share: done of the stage
        """
        names = list(self._expected)
        before = sum(self._expected[name] for name in names[: names.index(stage)])
        done, total = before + min(share, 1.0) * self._expected[stage], sum(self._expected.values())
        # What was done before a pause took no time now.
        begun, at = self._begin = self._begin or (self._now(), done)
        took, of = self._now() - begun, done - at
        pace = took / of if of > 0 and took > _SURE_AFTER_S else 1.0
        return done / total if total else 1.0, pace * (total - done)
