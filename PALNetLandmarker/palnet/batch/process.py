"""A batch in a process of its own, for a window that shows how far it is.

``python -m palnet.batch.process`` reads one line from its standard input and answers in lines, JSON objects all::

    {"folder": "scans", "output": "scans/landmarks", "recursive": false, "model": "face50", "jobs": 1}
    {"done": 1, "total": 20, "scan": "face", "said": "50 of 50 placed", "error": "", "left_s": 12.0}
    {"finished": "20 of 20 scans have landmarks.", "stopped": false, "failed": 0}   or   {"error": "A sentence."}

The batch stops when the standard input closes; then, too, what is done is on disk, with tables and contact sheet.
The line may name a ``"convention"``, too, the file of :mod:`palnet.adapt.file`.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

from ..adapt.file import read_convention
from ..errors import PalnetError
from ..lines import Send, serve_one
from .batch import Fate, Settings, Step, run_batch
from .run import begin, finish, where
from .words import in_words, said
from .workers import Stop


def serve(line: str | bytes, send: Send, stop: Stop) -> None:
    """Do the batch that a line asks for; what goes wrong with it as a whole is the last answer.

    :param send: is given each line of the answers
    """
    try:
        task = json.loads(line)
        batch = begin([Path(task["folder"])], Path(task["output"]), task["model"], bool(task["recursive"]))
        convention = read_convention(task["convention"]) if task.get("convention") else None
        if convention is not None:
            convention.check_fits(batch.model)
        settings = Settings(task["model"], convention=convention)
        run_batch(batch, settings, where(int(task["jobs"]), None), lambda step: send(_told(step)), stop)
        finish(batch)
        answer = {"finished": in_words(batch), "stopped": batch.stopped, "failed": batch.count(Fate.FAILED)}
    except PalnetError as error:
        answer = {"error": str(error)}
    except Exception as error:  # whatever it is, the one who waits for an answer gets one
        traceback.print_exc()
        answer = {"error": f"The batch ended: {type(error).__name__}: {error}."}
    send(answer)


def _told(step: Step) -> dict[str, Any]:
    return {
        "done": step.done,
        "total": step.total,
        "scan": step.item.name,
        "said": "" if step.fate is Fate.FAILED else said(step),
        "error": step.error if step.fate is Fate.FAILED else "",
        "left_s": step.left_s,
    }


def main() -> None:
    """Run a batch by this process's standard input and output."""
    serve_one(serve)


if __name__ == "__main__":
    main()
