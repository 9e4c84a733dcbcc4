"""Where the project's own data lies: protocols, trained models, the sample scan."""

from pathlib import Path

from .errors import PalnetError

_HERE = Path(__file__).resolve().parent

# The source tree, an installed Slicer extension (beside the module), and an installed Python package, in this order.
_PLACES = (_HERE.parent.parent / "Resources", _HERE.parent / "Resources", _HERE / "data")


def resource(relative: str) -> Path:
    """Path of a file of the project's Resources folder.

    :param relative: for example ``"models/face50.palnet"``
    :raises PalnetError: the file is in none of the places
    """
    for place in _PLACES:
        if (place / relative).exists():
            return place / relative
    raise PalnetError(
        f"The installation is incomplete: Resources/{relative} is missing. Install PALNetLandmarker again."
    )
