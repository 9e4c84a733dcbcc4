"""The ways in which landmarking fails, each with a sentence that a clinician understands and what to do."""


class PalnetError(Exception):
    """Base of every expected failure; ``str(error)`` is one sentence for the user."""


class ScanError(PalnetError):
    """The scan's file cannot be read, or holds no usable surface."""


class NoFaceError(PalnetError):
    """The surface is readable, but no face was found on it."""


class ModelError(PalnetError):
    """A model file is missing, damaged, of another version, or does not fit."""


class ProtocolError(PalnetError):
    """A protocol file is missing or contradicts itself."""


class ReviewError(PalnetError):
    """What a person decided about landmarks cannot be read, or the landmarks cannot be reviewed."""


class LandmarkFileError(PalnetError):
    """A file of landmarks cannot be read, or contradicts itself."""


class AnnotationError(PalnetError):
    """Scans with landmarks that people placed do not fit together, or are too few for what was asked."""


class OutputError(PalnetError):
    """A result cannot be written where it was asked for."""


class Cancelled(PalnetError):
    """The person stopped the run; nothing was written."""
