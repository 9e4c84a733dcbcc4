"""The methods that one run of ``palnet evaluate`` measures, each as a function from a scan to its result."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import PalnetError
from ..pipeline.predictor import Predictor
from ..population.heads import Population
from ..protocols.protocol import Protocol
from ..scans.surface import Surface
from ..training.annotated import read_annotated
from .baselines import MeanShape, TemplateTransfer, population_template
from .results import Case, Landmarker, ScanResult, evaluate
from .stored_predictions import ENDING, evaluate_stored, read_prediction

Method = Callable[[Case], ScanResult]
Template = tuple[Surface, np.ndarray]
"""A surface and its landmarks (L, 3), in mm."""


class Methods:
    """What the options name: stored predictions, then models, then baselines.

    :ivar protocol: the landmarks that all of them place
    :raises PalnetError: there is nothing to measure, or they have different landmarks
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.predictors = {_name(model): Predictor.load(model) for model in options.model}
        if options.baseline and not self.predictors:
            raise PalnetError("A baseline starts from a model's alignment: name the model with --model.")
        protocols = [_first_prediction_protocol(folder) for folder in options.predictions]
        protocols += [predictor.model.protocol for predictor in self.predictors.values()]
        if not protocols:
            raise PalnetError("There is nothing to measure: name a model with --model, or a folder with --predictions.")
        self.protocol: Protocol = protocols[0]
        if any(other.labels != self.protocol.labels for other in protocols):
            raise PalnetError("The models and predictions have different landmarks: measure them one by one.")

    def on(self, population: Population | None = None, unit: str = "auto") -> dict[str, Method]:
        """The methods by name.

        :param population: whose mean head is the template where none is named
        :param unit: of the scans, or ``"auto"`` where the methods are to find it
        """
        options = self._options
        methods: dict[str, Method] = {folder.name: partial(evaluate_stored, folder) for folder in options.predictions}
        landmarkers: dict[str, Landmarker] = {**self.predictors}
        for kind in options.baseline:
            start = next(iter(self.predictors.values()))
            if kind == "mean":
                landmarkers[MeanShape.name] = MeanShape(start)
            else:
                landmarkers[TemplateTransfer.name] = TemplateTransfer(start, *self._template(population))
        for name, landmarker in landmarkers.items():
            methods[name] = partial(_measure, landmarker, unit)
        if len(methods) < len(options.model) + len(options.baseline) + len(options.predictions):
            raise PalnetError("Two methods of the run have the same name: rename one of the files or folders.")
        return methods

    def _template(self, population: Population | None) -> Template:
        if self._options.template:
            return self._named_template()
        if population:
            return population_template(population)
        raise PalnetError("Template transfer needs an annotated scan: name its file with --template.")

    def _named_template(self) -> Template:
        path: Path = self._options.template
        if not path.is_file():
            raise PalnetError(f"There is no file {path}.")
        landmarks = self._options.template_landmarks or self._options.landmarks
        scans = read_annotated(path.parent, landmarks, self.protocol, unit=self._options.unit)
        for scan in scans.scans:
            if scan.path.resolve() == path.resolve():
                surface = scan.surface()
                return Surface(surface.points * scans.scale_mm, surface.triangles), scan.points * scans.scale_mm
        raise PalnetError(f"{path.name} has no landmarks: name their folder with --template-landmarks.")


def _measure(landmarker: Landmarker, unit: str, case: Case) -> ScanResult:
    return evaluate(landmarker, case, unit)


def _name(model: str) -> str:
    return Path(model).stem if model.endswith(".palnet") else model


def _first_prediction_protocol(folder: Path) -> Protocol:
    for path in sorted(folder.glob(f"*{ENDING}")):
        said = read_prediction(folder, path.name[: -len(ENDING)])
        if not isinstance(said, str):
            return said.protocol
    raise PalnetError(f"The folder {folder} holds no predictions (files *{ENDING}).")
