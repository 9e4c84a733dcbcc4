"""Files of our own whose values were changed: a sentence, or they are used without an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from json_damage import GOOD, fuzz


@pytest.mark.parametrize("kind", GOOD)
def test_changed_values_are_refused_or_used(tmp_path: Path, kind: str) -> None:
    refused = fuzz(kind, tmp_path, 300)
    if kind == "record of a batch":
        assert not refused  # without one that is of use, the scan is landmarked again
    else:
        assert 100 < refused < 295
