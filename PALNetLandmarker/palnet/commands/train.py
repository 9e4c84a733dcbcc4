"""``palnet train --scans`` and ``palnet crossvalidate``: models from scans with landmarks that people placed."""

from __future__ import annotations

import argparse

from ..evaluation.crossvalidation import crossvalidate
from ..files import check_writable
from ..pipeline.model import Model
from ..protocols.from_labels import protocol_from_labels
from ..protocols.protocol import Protocol
from ..training.annotated import AnnotatedScans, read_annotated
from ..training.config import TrainingConfig

FROM_LABELS = "labels"
"""As a configuration's protocol: make one of the labels in the files."""


def train(config: TrainingConfig, options: argparse.Namespace, start: Model | None) -> Model:
    """Train on the annotated scans that the options name."""
    from ..training.model import train_on_annotated  # needs PyTorch

    scans, protocol = annotated_scans(config, options)
    return train_on_annotated(config, scans, protocol, options.work, start)


def run_crossvalidate(options: argparse.Namespace) -> int:
    """Cross-validate; prints a line for each fold and one for all."""
    config = TrainingConfig.load(options.config)
    check_writable(options.output)
    scans, protocol = annotated_scans(config, options)
    crossvalidate(
        config, scans, protocol, options.folds, options.work, options.output, _tell, options.only, options.baseline
    )
    _tell(f"written: {options.output}; a report: palnet evaluate --predictions {options.output / config.name}")
    return 0


def annotated_scans(config: TrainingConfig, options: argparse.Namespace) -> tuple[AnnotatedScans, Protocol]:
    """The scans that the options name and their protocol; prints what does not match."""
    given = None
    if config.protocol != FROM_LABELS:
        is_file = config.protocol.endswith(".json")
        given = Protocol.load(config.protocol) if is_file else Protocol.bundled(config.protocol)
    scans = read_annotated(options.scans, options.landmarks, given, options.kind, options.unit)
    for problem in scans.problems:
        _tell(f"  ! {problem}")
    protocol = given or protocol_from_labels(config.name, scans.labels)
    _tell(f"{len(scans.scans)} scans of {len(scans.subjects)} subjects, {len(protocol)} landmarks, in {scans.unit}")
    return scans, protocol


def _tell(text: str) -> None:
    print(text, flush=True)
