"""The scans of a batch on a running Dask cluster, for sites that outgrow one machine.

Its workers need this package, and see the scans, and a model that is a file, under the paths that they have here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import PalnetError
from ..pipeline.model import bundled_models
from .task import Outcome, Task, landmark
from .workers import Stop

_TICK_S = 0.2
_CONNECT_S = 20
_ASK = "run: pip install palnetlandmarker[dask]"


def run_on_cluster(tasks: Sequence[Task], address: str, stop: Stop = lambda: False) -> Iterator[tuple[int, Outcome]]:
    """Do tasks on the workers of a cluster. A worker that is lost costs nothing: its scans go to others.

    When the generator is closed, what has not begun is taken back.

    :param address: of the scheduler, such as ``tcp://10.0.0.1:8786``
    :returns: the index of each task and its outcome, in the order in which they are done
    :raises PalnetError: Dask is not installed, no cluster answers, or its workers have not this package
    """
    try:
        from dask.distributed import Client, wait
    except ImportError:
        raise PalnetError(f"A Dask cluster needs the package distributed: {_ASK}.") from None
    try:
        client = Client(address, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise PalnetError(f"No Dask cluster answers at {address} ({error}): check the address.") from None
    with client:
        _check_workers(client)
        # Twice the same task may have another outcome: a file may have changed since.
        pending = {client.submit(landmark, task, pure=False): index for index, task in enumerate(tasks)}
        try:
            while pending and not stop():
                with contextlib.suppress(TimeoutError):
                    wait(list(pending), timeout=_TICK_S, return_when="FIRST_COMPLETED")
                for future in [future for future in pending if future.done()]:
                    index = pending.pop(future)
                    yield index, _outcome(future)
                    future.release()  # else the cluster keeps it in memory
        finally:
            client.cancel(list(pending))


def _check_workers(client: Any) -> None:
    """:raises PalnetError: there are no workers, or they have not this package"""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
        lacking = [where for where, has in client.run(_has_engine, on_error="return").items() if has is not True]
    except TimeoutError:
        raise PalnetError("The Dask cluster has no workers: start some.") from None
    if lacking:
        raise PalnetError(f"The Dask worker {lacking[0]} has not this program: on its machine, {_ASK}.")


def _has_engine() -> bool:
    """On a worker: whether it can landmark. Not importing this module at all comes back as an error."""
    return bool(bundled_models())


def _outcome(future: Any) -> Outcome:
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    reason = future.exception()
    return Outcome(0.0, error=f"The Dask cluster could not do this scan: {type(reason).__name__}: {reason}.")
