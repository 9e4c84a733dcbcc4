"""What of a review can be taken back and done again: its records, one for each step.

Not Slicer's undo of the scene: that would remove whatever was cloned or loaded since the step, and goes back over the
steps of other reviews and modules too.
"""

from __future__ import annotations

from palnet.review.record import Review


class History:
    """The records of one review before each step, and those that were taken back; the prediction is the same in all."""

    def __init__(self) -> None:
        self._before: list[Review] = []
        self._undone: list[Review] = []

    def remember(self, review: Review) -> None:
        """Keep a record that is about to be replaced. After a change there is nothing to do again."""
        self._before.append(review)
        self._undone.clear()

    def forget(self) -> None:
        """Keep nothing: the records are of other points or another frame."""
        self._before.clear()
        self._undone.clear()

    def back(self, now: Review) -> Review:
        """The record before the last step."""
        self._undone.append(now)
        return self._before.pop()

    def forth(self, now: Review) -> Review:
        """The record after the step that was taken back last."""
        self._before.append(now)
        return self._undone.pop()

    @property
    def can_go_back(self) -> bool:
        return bool(self._before)

    @property
    def can_go_forth(self) -> bool:
        return bool(self._undone)
