"""A training's settings, as a JSON file holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import PalnetError
from ..files import regular
from ..pipeline.network import NETWORKS
from ..protocols.protocol import Protocol

_LARGEST = 1e9
_SHARES = (
    "young", "open_mouths", "closed_lids", "anny", "deformed", "covered", "smooth_eyes", "validation_share",
)  # fmt: skip
# What a training that starts from a model keeps of it, or makes anew.
_KEPT_OR_NEW = ("first_guess", "shape")
_POSITIVE = ("steps", "batch", "rate", "pool", "fresh", "validation_scans", "validate_every")


@dataclass
class TrainingConfig:
    """A training's settings, as its JSON file holds them.

    :ivar pool: scans held in memory; each step draws its batch from them, so that a scan is seen in several poses
    :ivar fresh: scans of the pool that each step replaces by new ones
    :ivar pose_degrees, pose_mm: how far off the alignment may be, deviation per axis
    :ivar severity: how much scans are changed and worn; 1 is usual, 0 leaves them as they are
    :ivar young, open_mouths, closed_lids: shares of children, of widely open mouths and of closed eyes among the heads
        of the population
    :ivar anny: share of the heads that are of the second population (:mod:`palnet.population.anny_heads`)
    :ivar first_guess, shape: ``"kept"`` takes the first guess of alignment and the shape model over from the model that
        training starts from, if it has the same landmarks; ``"new"`` makes them anew
    :ivar deformed, covered, smooth_eyes: shares of the heads, see :class:`palnet.population.dress.Wear`
    :ivar validation_scans: looks at validation; of annotated scans each may be looked at several times, in other poses
    :ivar validation_share: of the subjects of annotated scans that only validate
    :ivar surface_points: between the landmarks of annotated scans, for
        :class:`palnet.pipeline.surface_prior.SurfacePrior`; 0 makes none

    Lengths, the network's among them, are in working mm (:class:`palnet.training.dataset.ScanSource`).
    """

    name: str = "face50"
    protocol: str = "face50"
    network: str = "cascade"
    network_settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 6000
    batch: int = 16
    rate: float = 1e-3
    pool: int = 320
    fresh: int = 4
    workers: int = 1
    seed: int = 42
    severity: float = 1.0
    young: float = 0.0
    open_mouths: float = 0.0
    closed_lids: float = 0.0
    anny: float = 0.0
    deformed: float = 0.0
    covered: float = 0.0
    smooth_eyes: float = 0.0
    first_guess: str = "kept"
    shape: str = "kept"
    pose_degrees: float = 3.5
    pose_mm: float = 2.5
    validation_scans: int = 96
    validate_every: int = 500
    first_guess_scans: int = 900
    validation_share: float = 0.15
    surface_points: int = 0

    @staticmethod
    def load(path: str | Path) -> TrainingConfig:
        """Settings from a JSON file; what it leaves out keeps its default.

        :raises PalnetError: it cannot be read, or holds a setting that does not exist
        """
        try:
            data = json.loads(regular(Path(path)).read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise PalnetError(f"The training configuration {path} cannot be read: {error}.") from error
        if not isinstance(data, dict):
            raise PalnetError(f"The training configuration {path} holds no settings.")
        known = {entry.name for entry in fields(TrainingConfig)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise PalnetError(f"The training configuration {path} has unknown settings: {', '.join(unknown)}.")
        config = TrainingConfig(**data)
        for entry in fields(TrainingConfig):
            value, usual = data.get(entry.name), getattr(TrainingConfig(), entry.name)
            kinds = (int, float) if isinstance(usual, float) else type(usual)
            wrong = value is None or not isinstance(value, kinds) or isinstance(value, bool)
            if not wrong and isinstance(value, (int, float)):
                # Also what is beyond a float, or is none.
                low = 1e-12 if entry.name in _POSITIVE else 0
                wrong = not low <= value <= _LARGEST or (value > 1 and entry.name in _SHARES)
            wrong = wrong or (entry.name in _KEPT_OR_NEW and value not in ("kept", "new"))
            if entry.name in data and wrong:
                raise PalnetError(f"The training configuration {path} has a {entry.name} of {value!r}.")
        if config.network not in NETWORKS:
            raise PalnetError(f"There is no network '{config.network}'. Known: {', '.join(NETWORKS)}.")
        return config


def network_settings(config: TrainingConfig, protocol: Protocol) -> dict[str, Any]:
    """The network's settings, with what follows from the protocol filled in."""
    settings = dict(config.network_settings)
    if config.network == "cascade":
        mirror = protocol.mirror()
        right = [landmark.side == "right" and mirror[k] != k for k, landmark in enumerate(protocol.landmarks)]
        owner = [int(mirror[k]) if right[k] else k for k in range(len(protocol))]
        order = {k: n for n, k in enumerate(sorted(set(owner)))}
        settings.setdefault("kinds", [order[k] for k in owner])
        settings.setdefault("mirrored", [int(value) for value in right])
        settings.setdefault("scales", [[6.0, 64], [3.5, 64], [2.0, 64]])
    elif config.network == "palnet":
        settings.setdefault("landmarks", len(protocol))
    return settings
