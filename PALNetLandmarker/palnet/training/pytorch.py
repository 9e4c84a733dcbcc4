"""Whether PyTorch is there and works: training needs it, and nothing else does."""

from __future__ import annotations

import sys

from ..errors import PalnetError

INSTALL = "pip install palnetlandmarker[train], or start training by run.py, which installs it"


def check_pytorch(install: str = INSTALL) -> None:
    """
    :param install: how it is installed here, as the end of a sentence
    :raises PalnetError: PyTorch is missing, or does not work here; the sentence says why and what to do
    """
    try:
        import torch
    except ModuleNotFoundError:
        raise PalnetError(
            "Training needs PyTorch, which is not installed; it takes some hundred MB, and several GB for a graphics "
            f"card: {install}. Placing landmarks does not need it."
        ) from None
    except (ImportError, OSError) as error:  # a missing DLL, or libraries that do not fit each other
        raise PalnetError(
            f"PyTorch is installed but cannot be loaded ({_in_a_line(error)}): install it again: {install}."
        ) from error
    import numpy as np

    try:
        torch.from_numpy(np.zeros(1)).numpy()
    except RuntimeError as error:
        raise PalnetError(
            f"PyTorch {torch.__version__} does not work with numpy {np.__version__} ({_in_a_line(error)}): install a "
            "newer PyTorch, or where there is none, as on Macs with Intel processors, numpy<2."
        ) from error


def usable_device() -> str:
    """``"cuda"`` where a graphics card answers and counts, else ``"cpu"``; a card that does not work is named."""
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    try:
        square = torch.ones(64, 64, device="cuda") @ torch.ones(64, 64, device="cuda")
        if float(square[0, 0]) == 64.0:
            return "cuda"
        reason = "it counts wrongly"
    except RuntimeError as error:  # full, or not known to this PyTorch
        reason = _in_a_line(error)
    print(f"The graphics card cannot be used ({reason}): training goes on without it.", file=sys.stderr)
    return "cpu"


def _in_a_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
