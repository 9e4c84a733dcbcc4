"""Points that people placed on faces, from every public source that can be had, against models' landmarks.

    pip install rdata h5py
    python Testing/benchmarks/people_points.py REPOSITORIES [--model face50 other.palnet] [--landmarks] [--scans]

REPOSITORIES is a folder with copies of the public repositories that docs/benchmarks.md names. Several models are
measured in one run, on the same scans, each in one random pose and unit. For each source stands the raw mean error, and
what is left where each group's mean offset per landmark is taken away (from its other scans, times n / (n + 1), in the
axes of the face frame): that is its convention, which no scan tells. Settings are chosen on the sources that are
marked so, and on no others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import ROOT, predictor, thrown
from palnet.errors import PalnetError
from palnet.pipeline.predictor import Predictor
from palnet.rigid import apply
from people_numbers import Points, Row, summary, without_convention
from people_sources import SOURCES, Source, Subject

_COLUMNS = (
    "source", "used to", "model", "scans", "refused", "placed", "raw, mm", "without conventions",
    "rank correlation, raw", "without conventions", "of the scan's part",
    "above 4 mm", "in the most doubtful tenth", "in the 90 % range",
)  # fmt: skip
# What a prediction on a whole scan goes through; of it, what comes after the network has said what it says.
_ROOMS = ("pipeline", "scans", "protocols")
_AFTER = ("prediction.py", "ranges.py", "worker.py", "size.py", "model_check.py")
CACHE = Path(tempfile.gettempdir()) / "palnet-people"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options of whatever measures on people's points."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path, help="folder with the copies of the repositories")
    parser.add_argument("--model", nargs="+", default=["face50"], help="bundled models' names or .palnet files")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where predictions are kept for the next run")
    return parser


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--landmarks", action="store_true", help="a table by landmark, too")
    parser.add_argument("--scans", action="store_true", help="a table by scan, too")
    chosen = parser.parse_args()
    measured = {name: measure(predictor(name), chosen.repositories, chosen.cache) for name in chosen.model}
    print(f"| {' | '.join(_COLUMNS)} |\n" + "| --- " * len(_COLUMNS) + "|")
    sources = [source for source in SOURCES if source in next(iter(measured.values()))]
    for source in sources:
        for name, found in measured.items():
            print(_row(source.name, "choose" if source.chooses else "report", name, _summary([found[source]])))
    for title, group in (
        ("all that choose", [source for source in sources if source.chooses]),
        ("all that report", [source for source in sources if not source.chooses]),
        ("all", sources),
    ):
        for name, found in measured.items():
            if group:
                print(_row(title, "", name, _summary([found[source] for source in group])))
    labels = predictor(chosen.model[0]).model.protocol.labels
    for name, found in measured.items():
        if chosen.scans:
            _by_scan(name, {source: found[source] for source in sources}, labels)
        if chosen.landmarks:
            _by_landmark(name, [found[source] for source in sources], labels)


def measure(machine: Predictor, repositories: Path, cache: Path) -> dict[Source, tuple[list[str], Points]]:
    """For each source that is there, the names of its scans and what the model says of them."""
    raw, key = _without_ranges(machine)
    result = {}
    for source in SOURCES:
        if not source.there(repositories):
            print(f"{source.name}: there is no {source.repository} in {repositories}")
            continue
        subjects = list(source.subjects(repositories))
        each = [_predicted(raw, key, subject, _seed(source, subject), cache) for subject in subjects]
        result[source] = ([subject.name for subject in subjects], _points(machine, subjects, each))
    return result


def _seed(source: Source, subject: Subject) -> int:
    """Of the scan's pose and unit: the same whatever other sources there are."""
    return zlib.crc32(f"{source.name}: {subject.name}".encode()) % 100_000


def _without_ranges(machine: Predictor) -> tuple[Predictor, str]:
    """The same model as its network has it, whatever was fitted to people's points, and what its answers depend on."""
    settings = {name: value for name, value in machine.model.settings.items() if name != "ranges"}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, value in sorted({**machine.model.weights, **machine.model.alignment}.items()):
        digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
    for path in sorted((ROOT / "PALNetLandmarker" / "palnet").glob("*/*.py")):
        if path.parent.name in _ROOMS and path.name not in _AFTER:
            digest.update(path.read_bytes())
    return Predictor(replace(machine.model, settings=settings)), digest.hexdigest()


def _predicted(machine: Predictor, key: str, subject: Subject, seed: int, cache: Path) -> dict[str, np.ndarray]:
    """The points (L, 3) in the subject's mm, what the network says of them, and the turn (3, 3) to the face frame."""
    surface = np.ascontiguousarray(subject.surface.points, np.float32).tobytes()
    held = cache / f"{hashlib.sha256(key.encode() + surface + str(seed).encode()).hexdigest()[:32]}.npz"
    if held.exists():
        with np.load(held) as file:
            return dict(file)
    mesh, to_file, _ = thrown(subject.surface, seed)
    nothing = np.full(len(machine.model.protocol), np.nan)
    result = {"points": np.column_stack([nothing] * 3), "stated": nothing, "presence": 0 * nothing, "turn": np.eye(3)}
    try:
        found = machine.predict_surface(mesh)
    except PalnetError:
        result["refused"] = np.array(True)
    else:
        turn = found.face_from_scan[:3, :3] @ to_file[:3, :3]
        result = {
            "points": apply(np.linalg.inv(to_file), found.points),
            "stated": found.expected_error,
            "presence": found.presence,
            "turn": turn / np.cbrt(np.linalg.det(turn)),
            "refused": np.array(False),
        }
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(held, **result)
    return result


def _points(machine: Predictor, subjects: list[Subject], each: list[dict[str, np.ndarray]]) -> Points:
    labels = machine.model.protocol.labels
    truth = np.full((len(subjects), len(labels), 3), np.nan)
    for k, subject in enumerate(subjects):
        for label, point in subject.points.items():
            truth[k, labels.index(label)] = point
    there = np.isfinite(truth).all(axis=-1)
    off = np.stack([(one["points"] - true) @ one["turn"].T for one, true in zip(each, truth, strict=True)])
    network, presence = (np.stack([one[name] for one in each]) for name in ("stated", "presence"))
    stated, reach, scan = network, np.full_like(network, np.nan), network
    if machine.ranges:
        said = [machine.ranges.stated(*one) for one in zip(network, presence, strict=True)]
        stated, reach = (np.stack([one[k] for one in said]) for k in (0, 1))
        scan = np.stack([machine.ranges.parts(*one)[0] for one in zip(network, presence, strict=True)])
    refused = np.array([bool(one["refused"]) for one in each])
    return Points(off, there, stated, reach, refused, network, presence, scan)


def _summary(groups: list[tuple[list[str], Points]]) -> Row:
    own = np.concatenate([without_convention(points.off) for _, points in groups])
    return summary(Points.together([points for _, points in groups]), own)


def _row(source: str, used: str, model: str, row: Row) -> str:
    ranks = [f"{value:.2f}" for value in (row.rank_raw, row.rank_own, row.rank_scan)]
    cells = [source, used, Path(model).stem, f"{row.scans}", f"{row.refused}", f"{row.placed} of {row.points}"]
    cells += [f"{row.raw:.2f}", f"{row.own:.2f}", *ranks, f"{row.bad}", f"{row.caught:.0%}", f"{row.covered:.0%}"]
    return "| " + " | ".join(cell.replace("nan%", "-").replace("nan", "-") for cell in cells) + " |"


def _by_scan(model: str, found: dict[Source, tuple[list[str], Points]], labels: list[str]) -> None:
    print(f"\n{model}\n| scan | points | raw mean, mm | without conventions | stated | worst |\n" + "| --- " * 6 + "|")
    for source, (names, points) in found.items():
        own = without_convention(points.off)
        for k, name in enumerate(names):
            placed = np.isfinite(points.raw[k])
            if not placed.any():
                print(f"| {source.name}: {name} | refused | | | | |")
                continue
            raw = np.where(placed, points.raw[k], -1.0)
            worst = int(np.argmax(raw))
            print(f"| {source.name}: {name} | {placed.sum()} | {raw[placed].mean():.2f} | {own[k][placed].mean():.2f} "
                  f"| {points.stated[k][placed].mean():.2f} | {labels[worst]} {raw[worst]:.1f} |")  # fmt: skip


def _by_landmark(model: str, groups: list[tuple[list[str], Points]], labels: list[str]) -> None:
    print(f"\n{model}\n| landmark | points | raw mean, mm | without conventions | stated | in the 90 % range |")
    print("| --- " * 6 + "|")
    points = Points.together([each for _, each in groups])
    own = np.concatenate([without_convention(each.off) for _, each in groups])
    for k, label in enumerate(labels):
        placed = np.isfinite(points.raw[:, k])
        if placed.any():
            raw, reach = points.raw[placed, k], points.reach[placed, k]
            inside = f"{(raw <= reach).mean():.0%}" if np.isfinite(reach).all() else "-"
            print(f"| {label} | {placed.sum()} | {raw.mean():.2f} | {own[placed, k].mean():.2f} "
                  f"| {points.stated[placed, k].mean():.2f} | {inside} |")  # fmt: skip


if __name__ == "__main__":
    main()
