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
import tempfile
import zlib
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
    "rank correlation, raw", "without conventions", "above 4 mm", "in the most doubtful tenth", "in the 90 % range",
)  # fmt: skip
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
    result = {}
    for source in SOURCES:
        if not source.there(repositories):
            print(f"{source.name}: there is no {source.repository} in {repositories}")
            continue
        subjects = list(source.subjects(repositories))
        each = [_predicted(machine, subject, _seed(source, subject), cache) for subject in subjects]
        result[source] = ([subject.name for subject in subjects], _points(machine, subjects, each))
    return result


def _seed(source: Source, subject: Subject) -> int:
    """Of the scan's pose and unit: the same whatever other sources there are."""
    return zlib.crc32(f"{source.name}: {subject.name}".encode()) % 100_000


def _predicted(machine: Predictor, subject: Subject, seed: int, cache: Path) -> dict[str, np.ndarray]:
    """The points (L, 3) in the subject's mm, what is stated of them, and the turn (3, 3) to the face frame."""
    held = cache / f"{_key(machine, subject, seed)}.npz"
    if held.exists():
        with np.load(held) as file:
            return dict(file)
    mesh, to_file, _ = thrown(subject.surface, seed)
    count = len(machine.model.protocol)
    result = {
        "points": np.full((count, 3), np.nan),
        "stated": np.full(count, np.nan),
        "reach": np.full(count, np.nan),
        "turn": np.eye(3),
        "refused": np.array(True),
    }
    try:
        found = machine.predict_surface(mesh)
    except PalnetError:
        pass
    else:
        turn = found.face_from_scan[:3, :3] @ to_file[:3, :3]
        result = {
            "points": apply(np.linalg.inv(to_file), found.points),
            "stated": found.expected_error,
            "reach": getattr(found, "range_mm", result["reach"]),
            "turn": turn / np.cbrt(np.linalg.det(turn)),
            "refused": np.array(False),
        }
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(held, **result)
    return result


def _key(machine: Predictor, subject: Subject, seed: int) -> str:
    """What a prediction depends on: the model, the engine's code, the surface and how it is put down."""
    digest = hashlib.sha256(machine.model.checksum.encode())
    for room in ("pipeline", "scans", "protocols"):
        for path in sorted((ROOT / "PALNetLandmarker" / "palnet" / room).glob("*.py")):
            digest.update(path.read_bytes())
    digest.update(np.ascontiguousarray(subject.surface.points, np.float32).tobytes() + str(seed).encode())
    return digest.hexdigest()[:32]


def _points(machine: Predictor, subjects: list[Subject], each: list[dict[str, np.ndarray]]) -> Points:
    labels = machine.model.protocol.labels
    truth = np.full((len(subjects), len(labels), 3), np.nan)
    for k, subject in enumerate(subjects):
        for label, point in subject.points.items():
            truth[k, labels.index(label)] = point
    there = np.isfinite(truth).all(axis=-1)
    off = np.stack([(one["points"] - true) @ one["turn"].T for one, true in zip(each, truth, strict=True)])
    stated, reach = (np.stack([one[name] for one in each]) for name in ("stated", "reach"))
    return Points(off, there, stated, reach, np.array([bool(one["refused"]) for one in each]))


def _summary(groups: list[tuple[list[str], Points]]) -> Row:
    own = np.concatenate([without_convention(points.off) for _, points in groups])
    return summary(Points.together([points for _, points in groups]), own)


def _row(source: str, used: str, model: str, row: Row) -> str:
    shares = [f"{row.rank_raw:.2f}", f"{row.rank_own:.2f}", f"{row.bad}", f"{row.caught:.0%}", f"{row.covered:.0%}"]
    cells = [source, used, Path(model).stem, f"{row.scans}", f"{row.refused}", f"{row.placed} of {row.points}",
             f"{row.raw:.2f}", f"{row.own:.2f}", *shares]  # fmt: skip
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
