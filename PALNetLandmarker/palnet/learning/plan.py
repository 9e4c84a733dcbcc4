"""What a person wants trained, how it is trained then, and about how long that takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import PalnetError
from ..files import regular, write_json
from ..pipeline.model import ENDING, Model
from ..protocols.from_labels import protocol_from_labels
from ..protocols.protocol import Protocol
from ..training.config import TrainingConfig

FILE = "training.json"
FORMAT, VERSION = "palnet-training", 1
SEED = 42

LENGTHS = {"short": 0.5, "usual": 1.0, "long": 3.0}
"""How many steps, by name, in those of the usual training."""

OPEN, FINISHED = "open", "finished"
"""States of a training: one that is open runs now, or waits to go on."""

_FACES = "face50"
_STEPS_FURTHER, _STEPS_ANEW = 320, 1600
_SCALES = [[7.0, 48], [4.0, 48], [2.2, 48]]
_POOL, _VALIDATION_SCANS = 24, 12


@dataclass(frozen=True)
class Plan:
    """A training that a person wants.

    :ivar folder: the scans with their landmarks, :ivar output: the training's own folder, which gets everything
    :ivar name: of the model, and of its file
    :ivar start: the model that it begins from, by name or file; empty to begin from nothing
    :ivar folds: the subjects are parted so, and a model is tested on the part that it has not seen
    :ivar crossvalidated: every part is tested, and the model is trained once more on all; else one part is left out
    :ivar length: one of :data:`LENGTHS`
    :ivar unit: of scans whose landmark files state none; empty where they do, or are in mm
    """

    folder: Path
    output: Path
    name: str
    start: str = _FACES
    folds: int = 5
    crossvalidated: bool = False
    length: str = "usual"
    unit: str = ""

    @property
    def model_file(self) -> Path:
        """Where the trained model goes."""
        return self.output / f"{self.name}{ENDING}"

    @property
    def report(self) -> Path:
        """The page of what came out; its tables lie beside it."""
        return self.output / "report" / "report.html"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data; :meth:`from_json` reads it back."""
        return {**asdict(self), "folder": str(self.folder), "output": str(self.output)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Plan:
        """
        :raises PalnetError: it is no plan
        """
        try:
            plan = Plan(**{**data, "folder": Path(data["folder"]), "output": Path(data["output"])})
            fits = plan.length in LENGTHS and 2 <= plan.folds <= 100 and isinstance(plan.start, str)
        except (KeyError, TypeError, ValueError) as error:
            raise PalnetError(f"This is not the plan of a training: {error}.") from error
        if not fits:
            raise PalnetError("This is not the plan of a training: its length, folds or start are none.")
        if not plan.name or plan.name != Path(plan.name).name or plan.name.startswith("."):
            raise PalnetError(f"'{plan.name}' is no name for a model: it becomes the name of a file.")
        return plan


@dataclass(frozen=True)
class State:
    """How far a training is, as its folder says.

    :ivar state: :data:`OPEN` or :data:`FINISHED`, :ivar said: what came out, in sentences
    """

    plan: Plan
    state: str = OPEN
    said: tuple[str, ...] = field(default=())

    def write(self) -> None:
        """
        :raises OutputError: the folder cannot be written to
        """
        data = {"format": FORMAT, "version": VERSION, "state": self.state, "said": list(self.said)}
        write_json({**data, "plan": self.plan.to_json()}, self.plan.output / FILE)

    @staticmethod
    def read(folder: Path) -> State:
        """What the folder of a training says of it.

        :raises PalnetError: there is none, or it cannot be read
        """
        path = folder / FILE
        try:
            data = json.loads(regular(path).read_text(encoding="utf-8"))
            if data["format"] != FORMAT or data["version"] != VERSION:
                raise ValueError(data["format"])
            # The folder may have been moved.
            plan = Plan.from_json({**data["plan"], "output": str(folder)})
            return State(plan, str(data["state"]), tuple(map(str, data["said"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise PalnetError(f"{path} is missing, or is not the record of a training.") from error


def protocol_of(name: str, labels: Sequence[str], thing: str = "") -> Protocol:
    """The protocol of some labels: a part of the bundled one of faces where that knows them all, else of the labels.

    :param thing: what is scanned, in a word for messages
    """
    faces = Protocol.bundled(_FACES)
    if not set(labels) <= set(faces.labels):
        made = protocol_from_labels(name, labels)
        return replace(made, facts={**made.facts, "object": thing}) if thing else made
    if len(labels) == len(faces):
        return faces
    data, some = faces.to_json(), set(labels)
    landmarks = [one for one in data["landmarks"] if one["label"] in some]
    for one in landmarks:
        if one["pair"] and one["pair"] not in some:
            one["pair"], one["side"] = "", "midline"
    groups = {key: [group for group in data[key] if set(group) <= some] for key in ("distances", "angles")}
    return Protocol.from_json({"name": name, "title": name, "landmarks": landmarks, **groups})


def config_of(plan: Plan, start: Model | None) -> TrainingConfig:
    """The settings of a training on a person's own scans; on one core, in minutes rather than hours."""
    network, settings = start.network if start else ("cascade", {"width": 64, "scales": _SCALES})
    # What follows from the landmarks follows from the person's.
    kept = {key: value for key, value in settings.items() if key not in ("kinds", "mirrored", "landmarks")}
    steps = round((_STEPS_FURTHER if start else _STEPS_ANEW) * LENGTHS[plan.length])
    return TrainingConfig(
        name=plan.name,
        protocol="labels",
        network=network,
        network_settings=kept,
        steps=steps,
        batch=8,
        rate=5e-4 if start else 1.5e-3,
        pool=_POOL,
        fresh=1,
        workers=0,  # where one process starts others, as in Slicer, there is more that can go wrong
        seed=SEED,
        validation_scans=_VALIDATION_SCANS,
        validate_every=max(10, steps // 16),
        first_guess_scans=250,
        validation_share=0.15,
    )
