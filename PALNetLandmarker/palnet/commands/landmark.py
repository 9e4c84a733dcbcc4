"""``palnet landmark``: landmarks of scan files, one after the other; folders are the batch's."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import OutputError, PersonsWorkError, ScanError, sentence_of
from ..files import check_writable, write_json
from ..pipeline.prediction import Prediction
from ..results import name_problem, picture_beside
from ..review.record import record_beside
from ..scans.file import is_volume, read_mesh, read_surface, scan_stem
from ..scans.skin_file import as_ply, skin_beside
from ..surfaces.files import Corresponding, surface_beside
from .arguments import add_decimal_comma, count, place
from .host import Host
from .size import add_size, unit_of
from .words import RESEARCH_USE, check_summary, results_at, summary, table

if TYPE_CHECKING:
    from ..adapt.predictor import AdaptedPredictor
    from ..pipeline.predictor import Predictor


def add_landmark(commands: Any) -> None:
    """Add the command to the parsers of ``palnet``."""
    landmark = commands.add_parser("landmark", help="place landmarks on scans, or on folders of scans")
    help_ = "OBJ, PLY, STL, OFF, GLB, glTF, WRL, 3MF, VTK, VTP or VTU file, or a CT, CBCT or MRI volume (NRRD, NIfTI), "
    help_ += "also packed (.gz), or a folder of them"
    landmark.add_argument("scans", nargs="+", type=place, metavar="SCAN|FOLDER", help=help_)
    landmark.add_argument("--output", type=place, required=True, metavar="DIR", help="folder for the results")
    landmark.add_argument("--picture", action="store_true", help="also draw a sheet of pictures of each scan")
    landmark.add_argument("--surface", action="store_true", help="also the corresponding surface (.vtp and .ply)")
    landmark.add_argument("--skin", action="store_true", help="of volumes also the skin that was found (.skin.ply)")
    landmark.add_argument("--model", default="face50", metavar="FILE|NAME", help="landmark model (default: face50)")
    landmark.add_argument("--convention", type=place, metavar="FILE", help="follow what palnet adapt learned")
    add_size(landmark)
    landmark.add_argument("--json", type=place, metavar="SUMMARY", help="also write all results to one JSON file")
    landmark.add_argument("--timings", action="store_true", help="print the time of each step")
    landmark.add_argument("--cpu", action="store_true", help=argparse.SUPPRESS)  # no more needed
    many = landmark.add_argument_group(
        "of folders, and of many scans",
        "Tables and a contact sheet are written, and a second run does only what is missing or has changed.",
    )
    add_decimal_comma(many)
    many.add_argument("--recursive", action="store_true", help="also folders in the folders")
    many.add_argument("--jobs", type=count, metavar="N", help="processes at work at the same time (1)")
    many.add_argument("--dask", metavar="ADDRESS", help="do the work on a running Dask cluster, tcp://HOST:PORT")
    landmark.set_defaults(run=_run)


def _run(options: argparse.Namespace, host: Host) -> int:
    if not _is_batch(options):
        return _run_files(options, host)
    from .batch import run  # it loads what writes tables and contact sheets

    return run(options, host)


def _is_batch(options: argparse.Namespace) -> bool:
    """Whether scans are landmarked as a batch: a folder is named, or how many processes, or a cluster."""
    return options.jobs is not None or options.dask is not None or any(map(os.path.isdir, options.scans))


def _followed(predictor: Predictor, convention: Path | None) -> Predictor | AdaptedPredictor:
    if convention is None:
        return predictor
    from ..adapt.predictor import followed  # it loads corresponding surfaces, too

    return followed(predictor, convention)


def _run_files(options: argparse.Namespace, host: Host) -> int:
    targets = _targets(options.scans, options.output)
    check_writable(options.output)
    if options.json:
        taken = [path for scan, target in targets for path in (scan, *results_at(target))]
        check_summary(options.json, [*taken, *([options.convention] if options.convention else [])])
    print(f"Loading the model {options.model} ...", flush=True)
    from ..batch.single import is_kept, write_landmarks
    from ..pipeline.predictor import Predictor

    predictor = _followed(Predictor.load(options.model), options.convention)
    results, failed, kept = [], 0, 0
    for number, (scan, target) in enumerate(targets, 1):
        print(f"[{number}/{len(targets)}] {scan}", flush=True)
        try:
            if name_problem(scan):
                raise ScanError(name_problem(scan))
            if is_kept(target):
                raise PersonsWorkError(str(target))
            prediction = predictor.predict_file(scan, unit_of(options), _print_progress)
            options.output.mkdir(parents=True, exist_ok=True)
            surface, skin, unfitted = _surface(options, prediction, scan), _skin(options, scan), None
            if isinstance(surface, Exception):
                surface, unfitted = None, surface
            write_landmarks(prediction, scan, target, host.write_markups, surface, skin)
            if unfitted is not None:
                raise unfitted
            written = [target, record_beside(target)]
            written += [path for path in (skin_beside(target), *surface_beside(target)) if path.is_file()]
            if options.picture:
                _print_progress(1.0, "Drawing the picture")
                written.append(picture_beside(target))
                host.render_sheet(prediction, scan, written[-1])
        except PersonsWorkError:  # there before, or saved by someone in the meantime
            kept += 1
            results.append({"scan": str(scan), "markups": str(target), "state": "kept"})
            print(f"  {target} has landmarks of a person or of another origin, which are kept; to have them made anew,")
            print("  move that file away, or name another folder")
            continue
        except Exception as error:  # one scan must not cost the others
            said = sentence_of(error, f"{scan} could not be landmarked")
            failed += 1
            results.append({"scan": str(scan), "error": said})
            print(f"palnet: {said}", file=sys.stderr, flush=True)
            continue
        results.append({"scan": str(scan), "markups": str(target), **summary(prediction)})
        print(table(prediction))
        if prediction.convention:
            own = len(prediction.protocol) - len(predictor.model.protocol)
            print(f"  {int(prediction.shifted.sum())} landmarks follow {options.convention}, {own} are of your own")
        for warning in prediction.warnings:
            print(f"  ! {warning}")
        if options.timings:
            print("  " + ", ".join(f"{step} {seconds:.2f} s" for step, seconds in prediction.seconds.items()))
        print("  written: " + ", ".join(str(path) for path in written))
    if options.json:
        write_json({"model": options.model, "version": __version__, "scans": results}, options.json)
    if len(targets) > 1:
        told = f"; {kept} have landmarks of a person, which are kept" if kept else ""
        print(f"{len(targets) - failed - kept} of {len(targets)} scans landmarked{told}.")
    if failed + kept < len(targets):
        print(RESEARCH_USE)
    return 1 if failed else 0


def _skin(options: argparse.Namespace, scan: Path) -> bytes:
    """The skin of a volume if it is asked for, as PLY."""
    return as_ply(read_mesh(scan)) if options.skin and is_volume(scan) else b""


def _surface(options: argparse.Namespace, prediction: Prediction, scan: Path) -> Corresponding | Exception | None:
    """The surface if it is asked for, or why it cannot be fitted, which does not cost the landmarks."""
    if not options.surface:
        return None
    from ..surfaces.scan import predicted_surface  # it loads solvers

    _print_progress(1.0, "Fitting the surface")
    try:
        return predicted_surface(prediction, read_surface(scan))
    except Exception as error:  # it must not cost the landmarks
        return error


def _targets(scans: list[Path], output: Path) -> list[tuple[Path, Path]]:
    targets: dict[str, tuple[Path, Path]] = {}
    for scan in scans:
        target = output / f"{scan_stem(scan)}.mrk.json"
        # On Windows and Macs, names that differ by their case are one file.
        other, _ = targets.setdefault(target.name.casefold(), (scan, target))
        if other is not scan:
            raise OutputError(
                f"{other} and {scan} would both be written to {target.name}: "
                "rename one of them, or landmark them into two folders."
            )
    return list(targets.values())


def _print_progress(share: float, step: str) -> None:
    print(f"  {share:4.0%}  {step}", flush=True)
