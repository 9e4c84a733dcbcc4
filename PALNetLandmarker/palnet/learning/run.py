"""A training from the folder to the report, in stages; each goes on where it was after a stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import AnnotationError, PalnetError
from ..evaluation.crossvalidation import changed_since, folds_of, identity_of, tested
from ..evaluation.files import write_evaluations
from ..evaluation.other_labels import OfLabels
from ..evaluation.report import Background
from ..evaluation.results import Evaluation, Landmarker, ScanResult
from ..files import check_writable
from ..pipeline.model import Model, bundled_models
from ..pipeline.predictor import Predictor
from ..protocols.protocol import Protocol
from ..training.annotated import AnnotatedScans
from ..training.annotated_source import FEWEST_SUBJECTS
from ..training.config import TrainingConfig
from ..training.watch import ALIGNMENT, READING, TRAINING, Watch
from .clock import Clock
from .conventions import alone
from .costs import stages_of
from .folder import Looked, look
from .plan import FINISHED, SEED, Plan, State, config_of
from .verdict import verdict

CHECKING, CONVENTIONS, TESTING = "checking", "conventions", "testing"
"""Stages beside those of :mod:`palnet.training.watch`."""

_WHOLE = "all"
_WORDS = {
    CHECKING: "Checking the scans",
    READING: "Reading the scans",
    TRAINING: "Training",
    ALIGNMENT: "Learning to find the object",
    CONVENTIONS: "Learning conventions, to compare",
    TESTING: "Testing on scans left out",
}


@dataclass(frozen=True)
class Part:
    """One model to be trained.

    :ivar name: of its work folder
    :ivar learn: scans to learn from, :ivar test: that it is tested on; none where it is the final one of all scans
    """

    name: str
    learn: AnnotatedScans
    test: AnnotatedScans | None = None


@dataclass
class _Onlooker:
    """Turns what a training tells into lines for the window: the stage in words, the share done, the time left."""

    watch: Watch
    clock: Clock
    part: str = ""
    parts: int = 1

    def told(self, what: dict[str, Any]) -> None:
        if "validated" in what:
            self.watch.told({**what, "part": self.part})
            return
        stage, done, total = what["stage"], what["done"], what["total"]
        name = stage if stage == CHECKING else f"{self.part} {stage}"
        share, left = self.clock.at(name, done / max(total, 1))
        words = _WORDS[stage]
        if self.parts > 1 and stage != CHECKING:
            words = f"{words}, {'all scans' if self.part == _WHOLE else self.part}"
        more = {"loss": what["loss"]} if "loss" in what else {}
        line = {"stage": stage, "words": words, "step": done, "steps": total, "done": share, "left_s": left}
        self.watch.told({**line, "part": self.part, **more})

    def of(self, part: str, parts: int) -> Watch:
        """The watch for the training of a part."""
        self.part, self.parts = part, parts
        return Watch(self.told, self.watch.stop)

    def at(self, stage: str, done: int, total: int) -> None:
        """A stage of our own; may raise ``Cancelled``."""
        self.watch.check()
        self.told({"stage": stage, "done": done, "total": total})


@dataclass
class Run:
    """A training that is under way.

    :param plan: what is wanted, :param watch: is told lines as :mod:`palnet.learning.process` describes them
    """

    plan: Plan
    watch: Watch = field(default_factory=Watch)

    def go(self) -> State:
        """Train, test and report; returns what came out, which the training's folder says, too.

        :raises Cancelled: the watch had it stop; started again, it goes on from there
        :raises PalnetError: the folder does not do for a training, or something cannot be read or written
        """
        plan = self.plan
        check_writable(plan.output)
        State(plan).write()
        start = Model.find(plan.start) if plan.start else None
        config = config_of(plan, start)
        # What the rest takes is not known before the scans are: the bar only begins.
        eye = _Onlooker(self.watch, Clock({CHECKING: 1.0, TRAINING: 50.0}))
        looked = look(
            plan.folder,
            plan.name,
            plan.unit,
            start.thing if start else "",
            lambda done, total, _name: eye.at(CHECKING, done, total),
        )
        scans = looked.checked.scans
        parts = self._parts(scans)
        self._check_same(config, looked)
        aligned = start is not None
        eye.clock = Clock(stages_of(config, len(looked.protocol), [_sizes(one) for one in parts], aligned))
        results: dict[str, list[ScanResult]] = {}
        for part in parts:
            model = self._model(part, config, looked.protocol, start, eye.of(part.name, len(parts)))
            for name, done in self._tested(part, model, looked.protocol, eye).items():
                results.setdefault(name, []).extend(done)
        evaluations = [Evaluation(name, scans.name, looked.protocol, tuple(done)) for name, done in results.items()]
        said = verdict(evaluations)
        model.facts |= {"left_out": {"scans": len(evaluations[0].results), "said": list(said)}}
        model.save(plan.model_file)
        problems = (*looked.checked.left_out, *looked.checked.odd)
        background = Background(model.mean_shape, model.template, problems, said)
        write_evaluations(evaluations, background, plan.report.parent)
        state = State(plan, FINISHED, said)
        state.write()
        return state

    def _parts(self, scans: AnnotatedScans) -> list[Part]:
        """
        :raises AnnotationError: too few subjects would be left to learn from
        """
        count = min(self.plan.folds, len(scans.subjects))
        folds = folds_of(scans, count, SEED)
        chosen = folds if self.plan.crossvalidated else folds[:1]
        parts = [Part(f"part {number} of {count}", *fold) for number, fold in enumerate(chosen, 1)]
        if any(len(part.learn.subjects) < FEWEST_SUBJECTS for part in parts):
            raise AnnotationError(
                f"Of {len(scans.subjects)} subjects too few are left to learn from: leave out a smaller part."
            )
        return [*parts, Part(_WHOLE, scans)] if self.plan.crossvalidated else parts

    def _check_same(self, config: TrainingConfig, looked: Looked) -> None:
        identity = identity_of(config, looked.checked.scans, looked.protocol, self.plan.folds)
        changed = changed_since(self._work / "begun.json", {**identity, "start": self.plan.start})
        if changed:
            raise PalnetError(
                f"Since this training began, its {' and '.join(changed)} changed: it cannot go on. Begin a new one."
            )

    def _model(
        self, part: Part, config: TrainingConfig, protocol: Protocol, start: Model | None, watch: Watch
    ) -> Model:
        from ..training.model import train_on_annotated  # needs PyTorch

        work = self._folder_of(part)
        path = work / "model.palnet"
        if not path.exists():
            train_on_annotated(config, part.learn, protocol, work, start, watch).save(path)
        return Model.load(path)

    def _tested(self, part: Part, model: Model, protocol: Protocol, eye: _Onlooker) -> dict[str, list[ScanResult]]:
        """What the model, and those that it stands beside, say of the scans that it has not seen."""
        test = part.test
        if test is None:
            return {}
        methods = list(self._methods(part, model, protocol, eye))
        results = {}
        for number, (name, method, checksum) in enumerate(methods):
            count, before = len(methods) * len(test.scans), number * len(test.scans)

            def told(done: int, before: int = before, count: int = count) -> None:
                eye.at(TESTING, before + done, count)

            results[name] = tested(method, checksum, test, self._work / "predictions" / name, told)
        return results

    def _methods(
        self, part: Part, model: Model, protocol: Protocol, eye: _Onlooker
    ) -> Iterable[tuple[str, Landmarker, str]]:
        """Name, method and checksum of the model and of those that it stands beside."""
        yield self.plan.name, Predictor(model), model.checksum
        for name in bundled_models():
            other = Predictor(Model.find(name))
            called = f"{name} as it comes" if name == self.plan.name else name
            if set(other.model.protocol.labels) & set(protocol.labels):
                yield called, OfLabels(other, protocol), other.model.checksum
            path = self._folder_of(part) / f"{name}.convention.json"
            adapted = alone(other, part.learn, path, lambda done, total: eye.at(CONVENTIONS, done, total))
            if adapted is not None:
                yield f"{called} with conventions", OfLabels(adapted[0], protocol), adapted[1]

    def _folder_of(self, part: Part) -> Path:
        return self._work / part.name.replace(" ", "-")

    @property
    def _work(self) -> Path:
        return self.plan.output / "work"


def _sizes(part: Part) -> tuple[str, int, int]:
    """The name of a part, how many scans it learns from, and how many it is tested on."""
    return part.name, len(part.learn.scans), len(part.test.scans) if part.test else 0
