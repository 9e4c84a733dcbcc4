"""The command line: ``palnet landmark`` and ``palnet train``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from . import __version__
from .errors import OutputError, PalnetError
from .files import whole_file
from .prediction import Prediction

RESEARCH_USE = "For research use. Not a medical device. Predictions are not reviewed: check them in 3D Slicer."


class Host(Protocol):
    """What the command line asks of Slicer's engine; the engine of this project never imports it."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        """Write a prediction as ``.mrk.json``."""
        ...

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        """Draw a sheet of pictures."""
        ...


def main(argv: Sequence[str], host: Host) -> int:
    """Run a command; returns the exit code: 0 where everything succeeded."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options, host))
    except PalnetError as error:
        print(f"palnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\npalnet: stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palnet", description=f"Anatomical landmarks on 3D scans. {RESEARCH_USE}")
    parser.add_argument("--version", action="version", version=f"palnet {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    landmark = commands.add_parser("landmark", help="place landmarks on scans")
    landmark.add_argument("scans", nargs="+", type=Path, metavar="SCAN", help="OBJ, PLY, STL, VTK or VTP file")
    landmark.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the results")
    landmark.add_argument("--picture", action="store_true", help="also draw a sheet of pictures of each scan")
    landmark.add_argument("--model", default="face50", metavar="FILE|NAME", help="landmark model (default: face50)")
    landmark.add_argument("--units", choices=["auto", "mm", "cm", "m"], default="auto", help="unit of the scans")
    landmark.add_argument("--json", type=Path, metavar="SUMMARY", help="also write all results to one JSON file")
    landmark.add_argument("--timings", action="store_true", help="print the time of each step")
    landmark.add_argument("--cpu", action="store_true", help="leave a GPU alone")
    landmark.set_defaults(run=_landmark)

    train = commands.add_parser("train", help="train a landmark model on synthetic scans of a face population")
    train.add_argument("config", type=Path, metavar="CONFIG", help="JSON file with the training's settings")
    train.add_argument("--population", type=Path, metavar="FOLDER", help="the ICT Face Model (default: $PALNET_DATA)")
    train.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="checkpoints and log; resumes there")
    train.add_argument("--output", type=Path, required=True, metavar="FILE", help="the model file to write (.palnet)")
    train.set_defaults(run=_train)
    return parser


def _landmark(options: argparse.Namespace, host: Host) -> int:
    targets = _targets(options.scans, options.output)
    _check_writable(options.output)
    if options.json:
        _check_writable(options.json.parent)
        if options.json.is_dir():
            raise OutputError(f"{options.json} is a folder: name a file for the summary.")
    print(f"Loading the model {options.model} ...", flush=True)
    from .predictor import Predictor

    predictor = Predictor.load(options.model, "cpu" if options.cpu else "auto")
    results, failed = [], 0
    for number, (scan, target) in enumerate(targets, 1):
        print(f"[{number}/{len(targets)}] {scan}", flush=True)
        try:
            prediction = predictor.predict_file(scan, options.units, _print_progress)
            options.output.mkdir(parents=True, exist_ok=True)
            host.write_markups(prediction, target, scan.stem)
            written = [target]
            if options.picture:
                _print_progress(1.0, "Drawing the picture")
                written.append(target.with_name(f"{scan.stem}.png"))
                host.render_sheet(prediction, scan, written[-1])
        except PalnetError as error:
            failed += 1
            results.append({"scan": str(scan), "error": str(error)})
            print(f"palnet: {error}", file=sys.stderr)
            continue
        results.append({"scan": str(scan), "markups": str(target), **summary(prediction)})
        print(table(prediction))
        for warning in prediction.warnings:
            print(f"  ! {warning}")
        if options.timings:
            print("  " + ", ".join(f"{step} {seconds:.2f} s" for step, seconds in prediction.seconds.items()))
        print("  written: " + ", ".join(str(path) for path in written))
    if options.json:
        write_json({"model": options.model, "version": __version__, "scans": results}, options.json)
    if len(targets) > 1:
        print(f"{len(targets) - failed} of {len(targets)} scans landmarked.")
    if failed < len(targets):
        print(RESEARCH_USE)
    return 1 if failed else 0


def _targets(scans: list[Path], output: Path) -> list[tuple[Path, Path]]:
    targets: dict[str, tuple[Path, Path]] = {}
    for scan in scans:
        target = output / f"{scan.stem}.mrk.json"
        # On Windows and Macs, names that differ by their case are one file.
        other, _ = targets.setdefault(target.name.casefold(), (scan, target))
        if other is not scan:
            raise OutputError(
                f"{other} and {scan} would both be written to {target.name}: "
                "rename one of them, or landmark them into two folders."
            )
    return list(targets.values())


def _check_writable(folder: Path) -> None:
    """Find out before the work, not after it, whether a folder can be written to; leaves nothing behind."""
    existing = folder.absolute()
    while not os.path.exists(existing):  # noqa: PTH110  (Path.exists raises where a folder may not be entered)
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{existing} is a file, not a folder: name another output folder.")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError:
        raise OutputError(f"{folder} may not be written to: name another output folder.") from None


def write_json(data: Any, path: Path) -> None:
    """Write JSON beside its place and rename it there.

    :raises OutputError: it cannot be written
    """
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def summary(prediction: Prediction) -> dict[str, Any]:
    """A prediction as plain JSON data; a missing landmark has a null position."""
    landmarks = []
    for k, landmark in enumerate(prediction.protocol.landmarks):
        gone = bool(prediction.missing[k])
        landmarks.append(
            {
                "label": landmark.label,
                "name": landmark.name,
                "position": None if gone else [float(value) for value in prediction.points[k]],
                "expected_error_mm": None if gone else float(prediction.expected_error[k]),
                "presence": float(prediction.presence[k]),
            }
        )
    return {
        "unit": prediction.unit,
        "space": prediction.space,
        "model": prediction.model,
        "model_checksum": prediction.model_checksum,
        "state": "predicted",
        "alignment_error_mm": prediction.alignment_error,
        "face_from_scan": prediction.face_from_scan.tolist(),
        "warnings": list(prediction.warnings),
        "seconds": prediction.seconds,
        "landmarks": landmarks,
    }


def table(prediction: Prediction) -> str:
    """The landmarks as lines of text: label, name, position in the scan's own coordinates, expected error in mm."""
    width = max(len(landmark.name) for landmark in prediction.protocol.landmarks)
    decimals = {"mm": 2, "cm": 3, "m": 5}[prediction.unit]
    head = f"  {'label':<7}{'name':<{width}}  {'x':>10}{'y':>10}{'z':>10}   expected error"
    lines = [f"{head} (positions in {prediction.unit})"]
    for k, landmark in enumerate(prediction.protocol.landmarks):
        if prediction.missing[k]:
            lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {'missing on this scan':>30}")
            continue
        place = "".join(f"{value:10.{decimals}f}" for value in prediction.points[k])
        lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {place}   {prediction.expected_error[k]:5.1f} mm")
    return "\n".join(lines)


def _print_progress(share: float, step: str) -> None:
    print(f"  {share:4.0%}  {step}", flush=True)


def _train(options: argparse.Namespace, host: Host) -> int:
    from .model_training import train_model
    from .training import TrainingConfig

    config = TrainingConfig.load(options.config)
    _check_writable(options.output.parent)
    data = os.environ.get("PALNET_DATA")
    folder = options.population or (Path(data) / "ict-facekit" if data else None)
    if folder is None:
        raise PalnetError("Name the folder of the ICT Face Model with --population, or its parent in PALNET_DATA.")
    model = train_model(config, folder, options.work)
    model.save(options.output)
    print(f"{options.output}: {_in_one_line(model.facts)}")
    return 0


def _in_one_line(facts: dict[str, Any]) -> str:
    return f"{facts['parameters']:,} parameters, {facts['validation_error_mm']:.2f} mm on validation subjects"
