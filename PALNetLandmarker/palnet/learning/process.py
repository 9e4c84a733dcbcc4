"""A training in a process of its own, for a window that shows how far it is.

``python -m palnet.learning.process`` reads one line from its standard input and answers in lines, JSON objects all.
Asked to look at a folder, it says what a training can use of it::

    {"check": "scans", "name": "clinic", "unit": ""}
    {"stage": "checking", "words": "Checking the scans", "step": 3, "steps": 12, "done": 0.25, "left_s": 4.0}
    {"checked": {"said": "12 scans of ...", "scans": 12, "subjects": 12, "landmarks": 50, "vertices": 120000,
                 "left_out": ["A sentence."], "odd": []}}

Asked to learn a person's conventions from a folder, it writes them to a file::

    {"adapt": "scans", "model": "face50", "output": "learned.convention.json"}
    {"stage": "conventions", "words": "Looking at scan 3 of 8", "done": 0.2}
    {"learned": {"scans": 8, "untouched": 2, "problems": ["A sentence."]}}

Asked for a training, by a :class:`palnet.learning.plan.Plan`, it says how far that is; ``validated`` holds an entry of
the training's log, those of before a pause, too::

    {"train": {"folder": "scans", "output": "models/clinic", "name": "clinic", "start": "face50", ...}}
    {"stage": "training", "words": "Training", "part": "part 1 of 5", "step": 20, "steps": 320, "done": 0.1,
     "left_s": 280.0, "loss": 1.9}
    {"validated": {"step": 20, "loss": 1.9, "error_mm": 1.7, ...}, "part": "part 1 of 5"}
    {"finished": ["A sentence."]}   or   {"stopped": "A sentence."}   or   {"error": "A sentence."}

The training stops at a checkpoint when the standard input closes; asked again for the same, it goes on from there.
"""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path
from typing import Any

from ..errors import Cancelled, sentence_of
from ..lines import Send, Stop, serve_one
from ..threads import ONE_THREAD

ENDS = ("checked", "learned", "finished", "stopped", "error")
"""The last line has one of these keys."""

_INSTALL = "in Slicer, the module 'PyTorch Util' of the extension 'PyTorch' does that"


def serve(line: str | bytes, send: Send, stop: Stop) -> None:
    """Do what a line asks for; what goes wrong is the last answer.

    :param send: is given each line of the answers
    """
    try:
        task = json.loads(line)
        if "check" in task:
            answer = _checked(task, send, stop)
        elif "adapt" in task:
            answer = _adapted(task, send, stop)
        else:
            answer = _trained(task["train"], send, stop)
    except Cancelled as stopped:
        answer = {"stopped": str(stopped)}
    except Exception as error:  # whatever it is, the one who waits for an answer gets one
        traceback.print_exc()
        answer = {"error": sentence_of(error, "It ended")}
    send(answer)


def _checked(task: dict[str, Any], send: Send, stop: Stop) -> dict[str, Any]:
    from ..training.watch import Watch
    from .folder import look

    watch = Watch(send, stop)

    def told(done: int, total: int, name: str) -> None:
        watch.check()
        send({"stage": "checking", "words": f"Checking {name}", "step": done, "steps": total, "done": done / total})

    looked = look(Path(task["check"]), task["name"], task.get("unit", ""), told=told)
    checked = looked.checked
    return {
        "checked": {
            "said": looked.in_words,
            "scans": len(checked.scans.scans),
            "subjects": len(checked.scans.subjects),
            "landmarks": len(looked.protocol),
            "labels": looked.protocol.labels,
            "vertices": checked.vertices,
            "left_out": list(checked.left_out),
            "odd": list(checked.odd),
        }
    }


def _adapted(task: dict[str, Any], send: Send, stop: Stop) -> dict[str, Any]:
    from ..training.watch import Watch
    from .conventions import from_folder

    watch = Watch(send, stop)

    def told(share: float, step: str) -> None:
        watch.check()
        send({"stage": "conventions", "words": step, "done": share})

    convention, found = from_folder(Path(task["adapt"]), task["model"], Path(task["output"]), told)
    return {"learned": {"scans": convention.scans, "untouched": found.untouched, "problems": found.problems}}


def _trained(data: dict[str, Any], send: Send, stop: Stop) -> dict[str, Any]:
    from ..training.pytorch import check_pytorch
    from ..training.watch import Watch
    from .plan import Plan
    from .run import Run

    check_pytorch(_INSTALL)
    return {"finished": list(Run(Plan.from_json(data), Watch(send, stop)).go().said)}


def main() -> None:
    """Answer one line by this process's standard input and output."""
    os.environ.update(ONE_THREAD)  # read when numpy and vtk are first imported
    serve_one(serve)


if __name__ == "__main__":
    main()
