"""A process that is asked in a line of JSON and answers in lines, for a window that must not wait for it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import IO, Any, NoReturn

from .errors import PalnetError

Send = Callable[[dict[str, Any]], None]
Stop = Callable[[], bool]

_NICENESS = 10
"""The others' work goes first: the person's window must not stutter."""


def answers_alone() -> Send:
    """Have this process's standard output for answers, each a JSON object on a line of its own, by what is returned.

    What a library prints must not stand between them: from now on it goes to the standard error.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)

    def send(line: dict[str, Any]) -> None:
        """:raises OSError: no one listens any more"""
        print(json.dumps(line), file=answers, flush=True)

    return send


def answer_each(
    tasks: Iterable[str | bytes], answer_of: Callable[[dict[str, Any]], dict[str, Any]], send: Send, failed: str
) -> None:
    """Answer tasks, one in a line, until there are none; what goes wrong with one is its answer.

    :param tasks: JSON objects with an ``"id"``, which the answer has, too
    :param answer_of: makes the answer to a task; may raise anything
    :param failed: what is said, before its name, of an error that is not ours
    """
    for line in tasks:
        identity = None
        try:
            task = json.loads(line)
            identity = task["id"]
            answer = answer_of(task)
        except PalnetError as error:
            answer = {"error": str(error)}
        except Exception as error:  # whatever it is, the one who waits for an answer gets one
            traceback.print_exc()
            answer = {"error": f"{failed}: {type(error).__name__}: {error}."}
        send({"id": identity, **answer})


def serve_one(serve: Callable[[bytes, Send, Stop], None]) -> NoReturn:
    """Read a line from the standard input, answer it by the standard output, and end the process.

    :param serve: is given the line, what sends an answer, and what says whether to stop: the input was closed, which
        also happens when the one who asked is no more
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    tell = answers_alone()
    line = sys.stdin.buffer.readline()
    closed = threading.Event()
    threading.Thread(target=_wait_for_end, args=(sys.stdin.buffer, closed), daemon=True).start()

    def send(answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # no one listens any more, and the work stops by itself
            tell(answer)

    serve(line, send, closed.is_set)
    # A thread that still reads would hold up the end of the interpreter.
    sys.stderr.flush()
    os._exit(0)


def _wait_for_end(file: IO[bytes], closed: threading.Event) -> None:
    while file.read(1):
        pass
    closed.set()
