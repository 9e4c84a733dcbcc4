"""A batch in a process of its own, for a window that shows how far it is.

``python -m palnet.batch.process`` reads one line from its standard input and answers in lines, JSON objects all::

    {"folder": "scans", "output": "scans/landmarks", "recursive": false, "model": "face50", "jobs": 1}
    {"done": 1, "total": 20, "scan": "face", "said": "50 of 50 placed", "error": "", "left_s": 12.0}
    {"finished": "20 of 20 scans have landmarks.", "stopped": false, "failed": 0}   or   {"error": "A sentence."}

The batch stops when the standard input closes; then, too, what is done is on disk, with tables and contact sheet.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..errors import PalnetError
from ..output import answers_alone
from .batch import Fate, Settings, Step, run_batch
from .run import begin, finish, where
from .words import in_words, said
from .workers import Stop

Send = Callable[[dict[str, Any]], None]

# The others' work goes first: the person's window must not stutter.
_NICENESS = 10


def serve(line: str | bytes, send: Send, stop: Stop) -> None:
    """Do the batch that a line asks for; what goes wrong with it as a whole is the last answer.

    :param send: is given each line of the answers
    """
    try:
        task = json.loads(line)
        batch = begin([Path(task["folder"])], Path(task["output"]), task["model"], bool(task["recursive"]))
        settings = Settings(task["model"])
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
        "error": step.error,
        "left_s": step.left_s,
    }


def main() -> None:
    """Run a batch by this process's standard input and output."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    tell = answers_alone()
    line = sys.stdin.buffer.readline()
    closed = threading.Event()
    threading.Thread(target=_wait_for_end, args=(sys.stdin.buffer, closed), daemon=True).start()

    def send(answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # no one listens any more, and the batch stops by itself
            tell(answer)

    serve(line, send, closed.is_set)
    # A thread that still reads would hold up the end of the interpreter.
    sys.stderr.flush()
    os._exit(0)


def _wait_for_end(file: IO[bytes], closed: threading.Event) -> None:
    while file.read(1):
        pass
    closed.set()


if __name__ == "__main__":
    main()
