"""``palnet evaluate``: models, baselines and stored predictions on scans with known landmarks, to tables and a page."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import PalnetError
from ..evaluation import tables
from ..evaluation.files import write_evaluations
from ..evaluation.methods import Methods
from ..evaluation.report import Background
from ..evaluation.results import TEST_SEED, Case, Evaluation, ScanResult, annotated_cases, synthetic_cases
from ..files import check_writable
from ..population.heads import Population
from ..protocols.mean_shape import mean_of_shapes
from ..protocols.protocol import Protocol
from ..training.annotated import read_annotated
from ..training.check import of_their_surfaces, reviewed
from ..training.dataset import PopulationScans


@dataclass(frozen=True)
class _Set:
    """Scans to measure on, and what is known of them; the unit is that which the methods are told.

    :ivar files: that were read
    """

    name: str
    cases: Iterable[Case]
    count: int
    problems: tuple[str, ...] = ()
    population: Population | None = None
    unit: str = "auto"
    files: Sequence[Path] = ()


def run(options: argparse.Namespace) -> int:
    """Measure, write, and print the sums; 0 also where scans were refused, for that is a result."""
    if bool(options.scans) == bool(options.population):
        raise PalnetError("Name the scans to measure on: either --scans or --population.")
    check_writable(options.output)
    measured = Methods(options)
    data = _synthetic(options, measured.protocol) if options.population else _annotated(options, measured.protocol)
    methods = measured.on(data.population, data.unit)
    results: dict[str, list[ScanResult]] = {name: [] for name in methods}
    warnings: list[str] = []
    for number, case in enumerate(data.cases, 1):
        for name, method in methods.items():
            result = method(case)
            results[name].append(result)
            print(f"[{number}/{data.count}] {case.name}, {name}: {_said(result)}", flush=True)
            if result.warning:
                warnings.append(f"{name}: {result.warning}")
                print(f"  ! {result.warning}", flush=True)
    good, bad = sorted(options.within)
    evaluations = [
        Evaluation(name, data.name, measured.protocol, tuple(one), (good, bad)) for name, one in results.items()
    ]
    background = _background(evaluations[0], measured, (*data.problems, *warnings))
    write_evaluations(evaluations, background, options.output, data.files)
    for one in evaluations:
        print(_line(tables.overall(one)))
    print(f"written: {options.output / 'report.html'} and the tables beside it")
    return 0


def _said(result: ScanResult) -> str:
    error = np.linalg.norm(result.found - result.truth, axis=1)[result.shown]
    placed = error[np.isfinite(error)]
    if result.failure:
        return f"refused: {result.failure}"
    return f"mean error {placed.mean():.3f} mm" if len(placed) else "no landmark was placed"


def _annotated(options: argparse.Namespace, protocol: Protocol) -> _Set:
    scans = of_their_surfaces(read_annotated(options.scans, options.landmarks, protocol, options.kind, options.unit))
    problems = list(scans.problems)
    # What nobody has looked at is a model's opinion, perhaps of the very one that is measured.
    own = [one for one in (reviewed(scan, protocol, problems) for scan in scans.scans) if one is not None]
    scans = replace(scans, scans=tuple(own), problems=tuple(problems))
    for problem in scans.problems:
        print(f"  ! {problem}")
    cases = annotated_cases(scans)
    if options.template:
        # A template that is measured on itself would be right by itself.
        source = next((scan.subject for scan in scans.scans if scan.path.resolve() == options.template.resolve()), None)
        cases = [case for case in cases if case.subject != source]
    if not cases:
        raise PalnetError(f"There is no scan to measure on in {options.scans}.")
    files = [path for scan in scans.scans for path in (scan.path, scan.file) if path is not None]
    return _Set(scans.name, cases, len(cases), scans.problems, unit=scans.unit if options.unit else "auto", files=files)


def _synthetic(options: argparse.Namespace, protocol: Protocol) -> _Set:
    population = Population(options.population, protocol)
    source = PopulationScans(population, "test", TEST_SEED, options.severity)
    return _Set("synthetic scans", synthetic_cases(source, options.subjects), options.subjects, population=population)


def _background(first: Evaluation, methods: Methods, problems: tuple[str, ...]) -> Background:
    predictor = next(iter(methods.predictors.values()), None)
    if predictor:
        return Background(predictor.model.mean_shape, predictor.model.template, problems)
    # A landmark that is known nowhere still has a place in the picture.
    known = np.where(np.isfinite(first.truth), first.truth, first.found)
    try:
        return Background(mean_of_shapes(known, first.protocol), None, problems)
    except PalnetError:
        return Background(problems=problems)


def _line(sums: dict[str, object]) -> str:
    points = sums["points"]
    assert isinstance(points, dict)
    some = points["mean"] is not None
    mean = f"mean {points['mean']:.3f}, median {points['median']:.3f} mm" if some else "nothing placed"
    placed = f"{points['placed']} of {points['count']} landmarks placed"
    return f"{sums['method']}: {mean}; {placed}; {sums['aligned']} of {sums['scans']} scans aligned"
