"""Stand-in for Slicer's Sample Data module: remembers what is registered."""

from __future__ import annotations

from typing import Any, ClassVar


class SampleDataLogic:
    """Holds the registered sources.

    :cvar sources: the arguments of each registration
    """

    sources: ClassVar[list[dict[str, Any]]] = []

    @staticmethod
    def registerCustomSampleDataSource(**source: Any) -> None:
        SampleDataLogic.sources.append(source)
