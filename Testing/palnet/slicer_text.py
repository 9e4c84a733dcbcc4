"""The text of Slicer's landmark files, as a test wants it."""

from __future__ import annotations

import json
from typing import Any


def markups(points: list[dict[str, Any]], **node: Any) -> str:
    return json.dumps({"markups": [{"type": "Fiducial", **node, "controlPoints": points}]})


def row(label: str, place: Any, **more: Any) -> dict[str, Any]:
    return {"label": label, "position": place, **more}
