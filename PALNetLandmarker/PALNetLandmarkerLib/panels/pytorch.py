"""PyTorch, which training needs and nothing else: Slicer's extension of that name asks the person and installs it."""

from __future__ import annotations

import importlib
import importlib.util

from slicer.i18n import tr as _

_REQUIREMENT = ">=2.2"


def offer_pytorch() -> str:
    """Have PyTorch ready; where it is not, let the PyTorch extension ask the person and install it.

    Whether it works is found out beside Slicer, where it is used: to import it here would stop the window for seconds.

    :returns: why there is none, as a sentence; empty where there is
    """
    if importlib.util.find_spec("torch") is not None:
        return ""
    try:
        extension = importlib.import_module("PyTorchUtils")
    except ImportError:
        return _(
            "Training needs PyTorch, a download of some hundred MB: install the extension 'PyTorch' in the Extensions "
            "Manager, restart Slicer, and press 'Train' again. Placing landmarks does not need it."
        )
    try:
        found = extension.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=_REQUIREMENT)
    except Exception as error:  # of the extension, of pip, or of PyTorch's own libraries
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        told = _(
            "PyTorch could not be installed ({reason}). The module 'PyTorch Util' of that extension says more, "
            "and can try another version of it."
        )
        return told.format(reason=reason)
    if found is None:
        return _("Nothing was started: training needs PyTorch. Placing landmarks does not.")
    return ""
