"""Cross-validation by subject: every scan is landmarked by a model that has seen none of its subject."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AnnotationError, Cancelled, OutputError, PalnetError
from ..files import clean_up, regular, write_json
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction
from ..pipeline.predictor import Predictor
from ..protocols.protocol import Protocol
from ..rigid import apply, rigid_fit
from ..scans.surface import Surface
from ..training.annotated import AnnotatedScans
from ..training.config import TrainingConfig
from .baselines import MeanShape, TemplateTransfer
from .results import Evaluation, Landmarker, ScanResult, annotated_cases
from .stored_predictions import evaluate_stored, read_prediction, write_prediction

BASELINES = ("mean", "meshmonk")


def folds_of(scans: AnnotatedScans, folds: int, seed: int) -> list[tuple[AnnotatedScans, AnnotatedScans]]:
    """For each fold the scans to learn from and those to be tested on; each subject is tested in one fold.

    :raises AnnotationError: there are fewer subjects than folds, or fewer than two folds
    """
    subjects = scans.subjects
    if folds < 2:
        raise AnnotationError(f"{folds} folds are no cross-validation: ask for two or more.")
    if len(subjects) < folds:
        raise AnnotationError(f"There are scans of {len(subjects)} subjects, too few for {folds} folds.")
    order = np.random.default_rng((seed, 8)).permutation(subjects)
    parts = [set(part.tolist()) for part in np.array_split(order, folds)]
    return [
        (
            scans.of([scan for scan in scans.scans if scan.subject not in part]),
            scans.of([scan for scan in scans.scans if scan.subject in part]),
        )
        for part in parts
    ]


def crossvalidate(
    config: TrainingConfig,
    scans: AnnotatedScans,
    protocol: Protocol,
    folds: int,
    work: Path,
    output: Path,
    tell: Callable[[str], None] = print,
    only: int | None = None,
    baselines: Sequence[str] = (),
) -> dict[str, Evaluation]:
    """Train and test fold by fold; what is done is not done again after a stop.

    In each fold a share of the subjects that it learns from chooses the checkpoint; the tested ones choose nothing.

    :param work: gets a folder for each fold: its checkpoints, log and ``model.palnet``
    :param output: gets a folder for each method with the prediction of each scan
        (:mod:`palnet.evaluation.stored_predictions`), and ``folds.json``: which scans were tested in which fold
    :param only: run this fold (from 1) alone
    :param baselines: of :data:`BASELINES`, measured in the same folds
    :returns: what was measured, by method, the model first
    :raises AnnotationError: see :func:`folds_of`, and :func:`palnet.training.model.train_on_annotated`
    :raises OutputError: the work folder is of another cross-validation, or a file cannot be written
    """
    parts = folds_of(scans, folds, config.seed)
    if only is not None and not 1 <= only <= folds:
        raise AnnotationError(f"There is no fold {only} of {folds}.")
    check_same(work / "crossvalidation.json", identity_of(config, scans, protocol, folds))
    write_json([[scan.name for scan in test.scans] for _, test in parts], output / "folds.json")
    results: dict[str, list[ScanResult]] = {}
    for number, (learn, test) in enumerate(parts, 1):
        if only not in (None, number):
            continue
        tell(f"Fold {number} of {folds}: {len(learn.scans)} scans to learn from, {len(test.scans)} to test")
        model = _model(config, learn, protocol, work / f"fold{number}")
        for name, method in _methods(model, learn, baselines).items():
            done = tested(method, model.checksum, test, output / name)
            results.setdefault(name, []).extend(done)
            tell(f"  {_in_one_line(Evaluation(name, scans.name, protocol, tuple(done)))}")
    all_ = {name: Evaluation(name, scans.name, protocol, tuple(done)) for name, done in results.items()}
    for one in all_.values():
        tell(f"All: {_in_one_line(one)}")
    return all_


def _model(config: TrainingConfig, learn: AnnotatedScans, protocol: Protocol, work: Path) -> Model:
    path = work / "model.palnet"
    if not path.exists():
        from ..training.model import train_on_annotated  # needs PyTorch

        train_on_annotated(config, learn, protocol, work).save(path)
    return Model.load(path)


def _methods(model: Model, learn: AnnotatedScans, baselines: Sequence[str]) -> dict[str, Landmarker]:
    """The model and the baselines, which start from the alignment of the model and know the same scans."""
    predictor = Predictor(model)
    methods: dict[str, Landmarker] = {model.name: predictor}
    for name in baselines:
        if name == "mean":
            made = MeanShape(predictor)
        else:
            # The scan that is most like the others.
            off = [_off(scan.points * learn.scale_mm, model.mean_shape) for scan in learn.scans]
            chosen = learn.scans[int(np.argmin(off))]
            surface = chosen.surface()
            in_mm = Surface(surface.points * learn.scale_mm, surface.triangles)
            made = TemplateTransfer(predictor, in_mm, chosen.points * learn.scale_mm)
        methods[made.name] = made
    return methods


def _off(points: np.ndarray, mean: np.ndarray) -> float:
    """How far landmarks (L, 3) are from the mean ones, mm; infinite where some are missing."""
    if not np.isfinite(points).all():
        return np.inf
    return float(np.linalg.norm(apply(rigid_fit(points, mean), points) - mean, axis=1).mean())


def tested(
    method: Landmarker,
    checksum: str,
    test: AnnotatedScans,
    output: Path,
    told: Callable[[int], None] = lambda _done: None,
) -> list[ScanResult]:
    """Predictions of the tested scans, those that were made with this very model before as they are.

    :param checksum: of the model that the method comes of
    :param told: called with the number of scans done; may raise ``Cancelled``
    """
    results = []
    clean_up(output)
    for number, case in enumerate(annotated_cases(test)):
        told(number)
        if not _done(output, case.name, checksum):
            try:
                found = method.predict_surface(case.mesh(), test.unit)
                said: Prediction | str = replace(found, model_checksum=checksum)
            except Cancelled:
                raise
            except PalnetError as error:
                said = str(error)
            write_prediction(output, case.name, said)
        results.append(evaluate_stored(output, case))
    return results


def _done(output: Path, scan: str, checksum: str) -> bool:
    try:
        said = read_prediction(output, scan)
    except PalnetError:
        return False
    # A refusal does not say which model refused.
    return not isinstance(said, str) and said.model_checksum == checksum


def _in_one_line(result: Evaluation) -> str:
    refused = int((~result.accepted).sum())
    placed = result.errors[np.isfinite(result.errors)]
    error = f"mean error {placed.mean():.3f} mm" if len(placed) else "no landmark was placed"
    return f"{result.method}: {error}, {refused} of {len(result.results)} scans refused"


def identity_of(config: TrainingConfig, scans: AnnotatedScans, protocol: Protocol, folds: int) -> dict[str, Any]:
    """What folds depend on: if it changed, the work of before is of something else."""
    digest = hashlib.sha256()
    for scan in scans.scans:
        digest.update(f"{scan.name}\n{scan.subject}\n".encode())
        digest.update(np.ascontiguousarray(scan.points).tobytes())
    settings = {name: value for name, value in asdict(config).items() if name != "workers"}
    return {"config": settings, "folds": folds, "labels": protocol.labels, "scans": digest.hexdigest()}


def check_same(path: Path, identity: dict[str, Any]) -> None:
    """Note what a work folder is of; where something is noted already, it must be the same.

    :raises OutputError: it is not, or cannot be read or written
    """
    changed = changed_since(path, identity)
    if changed:
        raise OutputError(
            f"{path.parent} holds a cross-validation with other {' and '.join(changed)}: name another folder."
        )


def changed_since(path: Path, identity: dict[str, Any]) -> list[str]:
    """Which parts of what a work folder is of have changed since it was noted there; noted now where nothing is.

    :raises OutputError: it cannot be read or written
    """
    if not path.exists():
        write_json(identity, path)
        return []
    try:
        before = json.loads(regular(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise OutputError(f"{path} is damaged: remove the folder, or name another with --work.") from None
    return [name for name, value in identity.items() if not isinstance(before, dict) or before.get(name) != value]
