"""``palnet train --scans`` and ``palnet crossvalidate``: models from scans with landmarks that people placed."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..errors import AnnotationError
from ..evaluation.crossvalidation import crossvalidate
from ..files import check_writable
from ..formats.text import some_of
from ..learning.costs import estimate_alone
from ..pipeline.model import Model
from ..protocols.from_labels import protocol_from_labels
from ..protocols.protocol import Protocol
from ..training.annotated import AnnotatedScans, read_annotated
from ..training.check import check_scans
from ..training.config import TrainingConfig

FROM_LABELS = "labels"
"""As a configuration's protocol: make one of the labels in the files."""


def train(config: TrainingConfig, options: argparse.Namespace, start: Model | None) -> Model:
    """Train on the annotated scans that the options name; says first about how long it takes."""
    from ..training.model import train_on_annotated  # needs PyTorch

    scans, protocol = annotated_scans(config, options)
    _tell(f"{estimate_alone(config, len(scans.scans), len(protocol), start is not None).time_in_words}.")
    return train_on_annotated(config, scans, protocol, options.work, start)


def check(config: TrainingConfig, options: argparse.Namespace, start: Model | None) -> int:
    """Look at every scan as a training would, and train nothing; needs no PyTorch.

    :raises AnnotationError: too few scans can be used
    """
    scans, protocol = annotated_scans(config, options)
    found = check_scans(replace(scans, problems=()), protocol)
    for sentence in (*found.left_out, *found.odd):
        _tell(f"  ! {sentence}")
    count, subjects = len(found.scans.scans), len(found.scans.subjects)
    cost = estimate_alone(config, count, len(protocol), start is not None, vertices=found.vertices)
    _tell(f"{count} scans of {subjects} subjects can be used. A training takes a{cost.in_words[1:]}")
    return 0


def run_crossvalidate(options: argparse.Namespace) -> int:
    """Cross-validate; prints a line for each fold and one for all."""
    config = TrainingConfig.load(options.config)
    check_writable(options.output)
    check_writable(options.work)
    scans, protocol = annotated_scans(config, options)
    trainings = 1 if options.only else options.folds
    learned = len(scans.scans) - len(scans.scans) // max(options.folds, 1)
    _tell(f"{estimate_alone(config, learned, len(protocol), False, trainings).time_in_words}.")
    crossvalidate(
        config, scans, protocol, options.folds, options.work, options.output, _tell, options.only, options.baseline
    )
    _tell(f"written: {options.output}; a report: palnet evaluate --predictions {options.output / config.name}")
    return 0


def annotated_scans(config: TrainingConfig, options: argparse.Namespace) -> tuple[AnnotatedScans, Protocol]:
    """The scans that the options name and their protocol; prints what does not match.

    :raises AnnotationError: there is not one with landmarks; where there are some of other names than the protocol's,
        the sentence says how to train on these
    """
    given = None
    if config.protocol != FROM_LABELS:
        is_file = config.protocol.endswith(".json")
        given = Protocol.load(config.protocol) if is_file else Protocol.bundled(config.protocol)
    try:
        scans = _read(options, given)
    except AnnotationError as error:
        others = _labels_of(options) if given is not None else ()
        if not others or set(others) & set(given.labels if given else ()):
            raise
        raise AnnotationError(
            f"The scans in {options.scans} have other landmarks ({some_of(list(others))}) than the protocol "
            f"{config.protocol} of {options.config}. To train on these, let the configuration say "
            '"protocol": "labels", as Resources/training/own.json does.'
        ) from error
    for problem in scans.problems:
        _tell(f"  ! {problem}")
    protocol = given or protocol_from_labels(config.name, scans.labels)
    _tell(f"{len(scans.scans)} scans of {len(scans.subjects)} subjects, {len(protocol)} landmarks, in {scans.unit}")
    return scans, protocol


def _read(options: argparse.Namespace, given: Protocol | None) -> AnnotatedScans:
    return read_annotated(options.scans, options.landmarks, given, options.kind, options.unit)


def _labels_of(options: argparse.Namespace) -> tuple[str, ...]:
    """The labels in the files, whatever they are; none where nothing can be read."""
    try:
        return _read(options, None).labels
    except AnnotationError:
        return ()


def _tell(text: str) -> None:
    print(text, flush=True)
