"""The plots of reports: they need matplotlib, which does not come with Slicer."""

from __future__ import annotations

import subprocess

from palnet.reports import plots


def offer_plots() -> bool:
    """Have matplotlib ready; where it is not, let Slicer ask the person and install it.

    :returns: False if there will be no plots: the person declined, or it could not be installed
    """
    if plots.available():
        return True
    from slicer.packaging import pip_ensure

    try:
        pip_ensure(["matplotlib>=3.8"], requester="PALNetLandmarker")
    except (RuntimeError, subprocess.CalledProcessError):
        return False
    return plots.available()
