"""The model file: weights, protocol, mean shape, face template, shape model, settings and training facts in one file.

The file is a zip of plain arrays (NumPy's .npz) with a JSON header; reading it runs no code. The header names the
format's version and holds the SHA-256 of everything else.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError, OutputError, ProtocolError
from ..files import check_writable, whole_file
from ..protocols.protocol import Protocol
from ..resources import resource
from .model_check import check_numbers, check_settings, read_arrays
from .shape import ShapeModel
from .surface_prior import SurfacePrior

ENDING = ".palnet"
FORMAT = "palnet-model"
VERSION = 1


@dataclass
class Model:
    """A trained landmark model.

    :ivar network: name and settings of the network, see :func:`palnet.pipeline.network.build`
    :ivar weights: the network's parameters by name
    :ivar mean_shape: (L, 3) mm, mean landmarks; their frame is the face frame
    :ivar template: (T, 6) points (mm, face frame) and normals of the mean surface, for alignment
    :ivar alignment: arrays of the alignment's first guess by name, in working mm
    :ivar shape: which configurations of landmarks are usual; None in files written before there were such
    :ivar prior: landmarks together with the surface between them; None where the network's landmarks stay as they are
    :ivar settings: numbers that prediction needs, :ivar facts: what the model was trained on
    """

    name: str
    protocol: Protocol
    network: tuple[str, dict[str, Any]]
    weights: dict[str, np.ndarray]
    mean_shape: np.ndarray
    template: np.ndarray
    alignment: dict[str, np.ndarray] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    shape: ShapeModel | None = None
    checksum: str = ""
    prior: SurfacePrior | None = None

    @property
    def scale(self) -> float:
        """Working mm in a mm, see :class:`palnet.training.dataset.ScanSource`."""
        return float(self.settings.get("scale", 1.0))

    @property
    def thing(self) -> str:
        """What the model is for, in a word for messages."""
        return str(self.protocol.facts.get("object", "face"))

    def save(self, path: str | Path) -> None:
        """Write the file beside its place, then rename it there. Sets ``checksum``.

        :raises OutputError: it cannot be written
        """
        path = Path(path)
        arrays = self._arrays()
        header = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "protocol": self.protocol.to_json(),
            "network": list(self.network),
            "settings": self.settings,
            "facts": self.facts,
        }
        text = json.dumps(header, sort_keys=True)
        self.checksum = _checksum(text, arrays)
        buffer = io.BytesIO()
        held: dict[str, Any] = {"header": np.array(text), "checksum": np.array(self.checksum), **arrays}
        np.savez_compressed(buffer, **held)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as beside:
                beside.write_bytes(buffer.getvalue())
        except OSError as error:
            raise OutputError(f"The model cannot be written to {path}: {error.strerror or error}.") from error

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"mean_shape": self.mean_shape, "template": self.template}
        arrays |= {f"weights/{name}": value for name, value in self.weights.items()}
        arrays |= {f"alignment/{name}": value for name, value in self.alignment.items()}
        if self.shape:
            arrays |= {f"shape/{name}": value for name, value in self.shape.to_arrays().items()}
        if self.prior:
            arrays |= {f"prior/{name}": value for name, value in self.prior.to_arrays().items()}
        return arrays

    @staticmethod
    def load(path: str | Path) -> Model:
        """Read a model file.

        :raises ModelError: it is missing, not a model, damaged, or of another version; the sentence says which
        """
        path = Path(path)
        if not path.is_file():
            raise ModelError(f"There is no model file {path}.")
        try:
            arrays = read_arrays(path)
            text = str(arrays.pop("header"))
            written = str(arrays.pop("checksum"))
            header = dict(json.loads(text))
        except ModelError:
            raise
        except MemoryError as error:
            raise ModelError(f"There is not enough memory for the model {path.name}: close other programs.") from error
        except Exception as error:  # NumPy, zip and zlib each have their own for a damaged file
            raise ModelError(f"{path.name} is not a landmark model, or it is damaged: get it again.") from error
        if header.get("format") != FORMAT:
            raise ModelError(f"{path.name} is not a landmark model.")
        if header.get("version") != VERSION:
            raise ModelError(
                f"{path.name} has model format {header.get('version')}, this program reads {VERSION}: "
                "use the program's version that the model was made for."
            )
        if _checksum(text, arrays) != written:
            raise ModelError(f"{path.name} is damaged (its checksum does not match): get it again.")
        try:
            protocol = Protocol.from_json(header["protocol"])
            shape, prior = _part(arrays, "shape/"), _part(arrays, "prior/")
            name, settings = header["network"]
            if not isinstance(header["name"], str) or not header["name"]:
                raise TypeError("its name is no text")
            model = Model(
                header["name"],
                protocol,
                (name, dict(settings)),
                _part(arrays, "weights/"),
                arrays["mean_shape"],
                arrays["template"],
                _part(arrays, "alignment/"),
                dict(header["settings"]),
                dict(header["facts"]),
                ShapeModel.from_arrays(shape) if shape else None,
                written,
                SurfacePrior.from_arrays(prior) if prior else None,
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, ProtocolError) as error:
            raise ModelError(f"{path.name} is not a complete landmark model: {error}") from error
        check_numbers(arrays, path.name)
        check_settings(model.settings, len(protocol), path.name)
        if model.shape and len(model.shape.mean) != len(protocol):
            raise ModelError(f"{path.name} has a shape model that does not fit its {len(protocol)} landmarks.")
        if model.prior and len(model.prior.landmarks) != len(protocol):
            raise ModelError(f"{path.name} has a surface prior that does not fit its {len(protocol)} landmarks.")
        if model.mean_shape.shape != (len(protocol), 3):
            raise ModelError(f"{path.name} has a mean shape that does not fit its {len(protocol)} landmarks.")
        is_surface = model.template.ndim == 2 and model.template.shape[1] == 6 and len(model.template) > 2
        if not is_surface or not np.ptp(model.template[:, :3], axis=0).any():
            raise ModelError(f"{path.name} has a mean surface that is none: get it again.")
        return model

    @staticmethod
    def find(name: str | Path) -> Model:
        """A model by the name of a bundled one (``face50``) or by its file.

        :raises ModelError: as :meth:`load`
        """
        bundled = bundled_models()
        if str(name) in bundled:
            return Model.load(bundled[str(name)])
        if Path(name).suffix != ENDING:
            raise ModelError(f"There is no model '{name}'. Bundled: {', '.join(bundled)}; or name a .palnet file.")
        return Model.load(name)


def check_output(path: Path) -> None:
    """Find out before a training, not after it, whether a model file can be written and found again.

    :raises OutputError: its name has not the ending of models, is a folder's, or the folder may not be written to
    """
    if path.suffix != ENDING:
        raise OutputError(f"{path} is no name of a model: name a file that ends in {ENDING}.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file for the model.")
    check_writable(path.parent)


def bundled_models() -> dict[str, Path]:
    """Files of the models that come with the project, by name."""
    return {path.stem: path for path in sorted(resource("models").glob("*.palnet"))}


def _part(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def _checksum(text: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
