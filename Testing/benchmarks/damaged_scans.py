"""Damaged scans judged by their landmarks: those of the whole file, a warning, or a sentence.

    python Testing/benchmarks/damaged_scans.py [count] [seconds]

Of a small face in every format, files with bytes and numbers changed, put in, taken away, and cut, in turn until there
are so many in all, or the time is over. What is read, and cleaned, as the very surface of the whole file has its
landmarks; on all others they are placed. Ends with 1 where one lies elsewhere without a word.
"""

from __future__ import annotations

import functools
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "palnet")]

from damage import damaged  # noqa: E402
from palnet.errors import NoFaceError, PalnetError  # noqa: E402
from palnet.pipeline.prediction import Prediction  # noqa: E402
from palnet.pipeline.predictor import Predictor  # noqa: E402
from palnet.resources import resource  # noqa: E402
from palnet.scans.clean import clean_surface  # noqa: E402
from palnet.scans.file import read_surface, reading_warnings  # noqa: E402
from palnet.scans.surface import Surface, surface_from_polydata  # noqa: E402
from shapes import WRITERS, polydata  # noqa: E402
from vtkmodules.vtkFiltersCore import vtkQuadricDecimation  # noqa: E402

ENDINGS = tuple(dict.fromkeys(f".{name.split('.', 1)[1]}" for name in WRITERS))
Content = tuple[bytes, bytes]
SEED = 20_251_129
MOST_MM = 0.5
FATES = ("refused by the reader", "no face", "the same surface", "the same landmarks", "elsewhere, warned", "elsewhere")


def small_face() -> object:
    """The sample face with a twentieth of its triangles."""
    mesh = polydata(clean_surface(surface_from_polydata(read_surface(resource("samples") / "sample_face.ply"))))
    fewer = vtkQuadricDecimation()
    fewer.SetInputData(mesh)
    fewer.SetTargetReduction(0.95)
    fewer.Update()
    return fewer.GetOutput()


def fate_of(path: Path, predictor: Predictor, same: Content) -> tuple[str, float]:
    """What comes of a file, and how far its landmarks lie from those of the whole one, mm in the mean."""
    try:
        mesh = read_surface(path)
    except PalnetError:
        return FATES[0], 0.0
    if not reading_warnings(mesh) and (content(mesh) == same or cleaned(content(mesh)) == cleaned_whole(same)):
        return FATES[2], 0.0
    try:
        found, whole = predictor.predict_surface(mesh), landmarks_of(same, predictor)
    except NoFaceError:
        return FATES[1], 0.0
    except PalnetError:
        return FATES[0], 0.0
    apart = float(np.nanmean(np.linalg.norm(found.points - whole.points, axis=1)))
    if apart <= MOST_MM and found.unit == whole.unit:
        return FATES[3], apart
    return FATES[4 if set(found.warnings) - set(whole.warnings) else 5], apart


_known: dict[Content, Prediction] = {}


def landmarks_of(same: Content, predictor: Predictor) -> Prediction:
    """The landmarks of a whole file."""
    if same not in _known:
        _known[same] = predictor.predict_surface(polydata(surface_of(same)))
    return _known[same]


def surface_of(same: Content) -> Surface:
    """The surface of what :func:`content` gives."""
    points, triangles = (np.frombuffer(data, kind) for data, kind in zip(same, (float, np.int64), strict=True))
    return Surface(points.reshape(-1, 3), triangles.reshape(-1, 3))


def cleaned(same: Content) -> Content:
    """The same as the predictor has it: so small a face is cleaned and not thinned."""
    surface = clean_surface(surface_of(same))
    return surface.points.tobytes(), surface.triangles.tobytes()


cleaned_whole = functools.cache(cleaned)


def content(mesh: object) -> Content:
    """Points and triangles of a mesh."""
    surface = surface_from_polydata(mesh)  # type: ignore[arg-type]
    return surface.points.tobytes(), surface.triangles.tobytes()


def main() -> None:
    """Print a row for each format."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    end = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 3600.0)
    predictor, rng = Predictor.load("face50"), random.Random(SEED)
    fates: dict[str, Counter[str]] = {ending: Counter() for ending in ENDINGS}
    farthest = dict.fromkeys(ENDINGS, 0.0)
    with tempfile.TemporaryDirectory() as place:
        folder, mesh = Path(place), small_face()
        files: dict[str, list[tuple[str, bytes, Content]]] = {ending: [] for ending in ENDINGS}
        for name, write in WRITERS.items():
            write(mesh, folder / name)
            read = read_surface(folder / name)
            one = (name, (folder / name).read_bytes(), content(read))
            files[f".{name.split('.', 1)[1]}"].append(one)
        for number in range(count):
            if time.monotonic() > end:
                break
            ending = ENDINGS[number % len(ENDINGS)]
            name, data, same = rng.choice(files[ending])
            path = folder / f"damaged_{name}"
            path.write_bytes(damaged(data, rng))
            fate, apart = fate_of(path, predictor, same)
            fates[ending][fate] += 1
            if fate == FATES[3]:
                farthest[ending] = max(farthest[ending], apart)
            if fate == FATES[5]:
                print(f"{name}, file {number}: {apart:.2f} mm", file=sys.stderr, flush=True)
                (Path(tempfile.gettempdir()) / f"elsewhere_{number}_{name}").write_bytes(path.read_bytes())
    print(f"| format | files | {' | '.join(FATES)} | the same within, mm |\n|{' --- |' * (len(FATES) + 3)}")
    for ending, counts in fates.items():
        row = " | ".join(str(counts[fate]) for fate in FATES)
        print(f"| {ending} | {sum(counts.values())} | {row} | {farthest[ending]:.2f} |")
    sys.exit(1 if any(counts[FATES[5]] for counts in fates.values()) else 0)


if __name__ == "__main__":
    main()
