"""Corresponding surfaces as files: .vtp, which is read back, and .ply for other programs; both hold the same points."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from ..errors import ScanError
from ..exchange import write_together
from ..files import begins_with, regular
from ..results import SURFACE_ENDINGS
from ..units import decimals, is_unit
from .template import Template, face_template

_KIND = "palnet surface 1"
_DECIMALS_IN_MM = 4
_LARGEST = 1e9


@dataclass(frozen=True)
class Corresponding:
    """The template's points on a scan.

    :ivar points: (N, 3) LPS, in ``unit``, :ivar missing: (N,) bool, carried along where the scan shows nothing
    :ivar expected: (N,) mm, how far a point is expected from its true place, :ivar unit: see :mod:`palnet.units`
    :ivar landmarks: (3,) LPS, in ``unit``, by label: those that it was fitted by; none where that is not known
    """

    points: np.ndarray
    missing: np.ndarray
    expected: np.ndarray
    unit: str = "mm"
    landmarks: dict[str, np.ndarray] = field(default_factory=dict)


def surface_beside(markups: Path) -> tuple[Path, Path]:
    """Where the surface of a scan goes whose landmarks are in a file: .vtp and .ply."""
    stem = markups.name.removesuffix(".mrk.json")
    first, second = (markups.with_name(f"{stem}{ending}") for ending in SURFACE_ENDINGS)
    return first, second


def is_corresponding(path: Path) -> bool:
    """Whether a file, of either kind, is one that :func:`write_corresponding` wrote."""
    return begins_with(path, f"{_KIND}; unit ".encode())


def as_vtp(surface: Corresponding, template: Template) -> str:
    """The content of a .vtp file with the arrays missing, region and expected_distance_mm."""
    count, cells = len(surface.points), len(template.surface.triangles)
    digits = decimals(surface.unit, _DECIMALS_IN_MM)

    def array(name: str, kind: str, values: np.ndarray, form: str, extra: str = "") -> str:
        text = "\n".join(" ".join(format(value, form) for value in row) for row in np.atleast_2d(values))
        return f'<DataArray type="{kind}" Name="{name}"{extra} format="ascii">\n{text}\n</DataArray>\n'

    about = f"{_KIND}; unit {surface.unit}; frame LPS; regions {', '.join(template.region_names)}"
    about += f"; landmarks {', '.join(surface.landmarks)}" if surface.landmarks else ""
    held = np.reshape(list(surface.landmarks.values()), (-1, 3))
    size = f' NumberOfTuples="{len(held)}" NumberOfComponents="3"'
    words = np.array([[*about.encode(), 0]])
    return (
        '<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian">\n<PolyData>\n'
        + '<FieldData>\n<Array type="String" Name="palnet" NumberOfTuples="1" format="ascii" '
        + f"about={quoteattr(about)}>\n"
        + " ".join(map(str, words[0]))
        + "\n</Array>\n"
        + (array("landmarks", "Float64", held, f".{digits}f", size) if len(held) else "")
        + "</FieldData>\n"
        + f'<Piece NumberOfPoints="{count}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" '
        + f'NumberOfPolys="{cells}">\n<PointData Scalars="expected_distance_mm">\n'
        + array("missing", "UInt8", surface.missing.astype(int), "d")
        + array("region", "UInt8", template.region, "d")
        + array("expected_distance_mm", "Float64", surface.expected, ".4f")
        + "</PointData>\n<Points>\n"
        + array("Points", "Float64", surface.points, f".{digits}f", ' NumberOfComponents="3"')
        + "</Points>\n<Polys>\n"
        + array("connectivity", "Int64", template.surface.triangles, "d")
        + array("offsets", "Int64", 3 * np.arange(1, cells + 1), "d")
        + "</Polys>\n</Piece>\n</PolyData>\n</VTKFile>\n"
    )


def as_ply(surface: Corresponding, template: Template) -> bytes:
    """The content of a binary .ply file with the properties missing, region and expected_distance_mm."""
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment {_KIND}; unit {surface.unit}; SPACE=LPS\n"
        f"comment regions {', '.join(template.region_names)}\nelement vertex {len(surface.points)}\n"
        "property double x\nproperty double y\nproperty double z\nproperty uchar missing\nproperty uchar region\n"
        f"property float expected_distance_mm\nelement face {len(template.surface.triangles)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    vertices = np.zeros(
        len(surface.points), [("at", "<f8", 3), ("missing", "u1"), ("region", "u1"), ("expected", "<f4")]
    )
    vertices["at"], vertices["missing"] = surface.points, surface.missing
    vertices["region"], vertices["expected"] = template.region, surface.expected
    faces = np.zeros(len(template.surface.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, template.surface.triangles
    return head.encode() + vertices.tobytes() + faces.tobytes()


def write_corresponding(surface: Corresponding, markups: Path) -> list[Path]:
    """Write both files of a surface beside the landmarks in a file, and their folder where there is none.

    :returns: what was written
    :raises OutputError: they cannot be written; what was there stays
    """
    files = corresponding_files(surface, markups)
    write_together(files)
    return list(files)


def corresponding_files(surface: Corresponding, markups: Path) -> dict[Path, bytes]:
    """The contents of both files of a surface by their places, beside the landmarks in a file."""
    template = face_template()
    contents = (as_vtp(surface, template).encode(), as_ply(surface, template))
    return dict(zip(surface_beside(markups), contents, strict=True))


def read_corresponding(path: Path) -> Corresponding:
    """A surface from its .vtp file.

    :raises ScanError: it cannot be read, or is not of the bundled template
    """
    template = face_template()
    try:
        root = ElementTree.parse(regular(path)).getroot()
        about = str(root.find("PolyData/FieldData/Array").get("about"))  # type: ignore[union-attr]
        if not about.startswith(f"{_KIND}; unit "):
            raise ValueError("another kind of file")
        arrays = {one.get("Name"): one for one in root.iter("DataArray")}
        count = len(template.surface.points)
        points = _numbers(arrays["Points"], (count, 3))
        missing, expected = (_numbers(arrays[name], (count,)) for name in ("missing", "expected_distance_mm"))
        unit = about.split("; ")[1].removeprefix("unit ")
        labels = about.partition("; landmarks ")[2].split(", ") if "; landmarks " in about else []
        held = _numbers(arrays["landmarks"], (len(labels), 3)) if labels else np.zeros((0, 3))
        if (
            not is_unit(unit)
            or not all((np.abs(one) < _LARGEST).all() for one in (points, held))
            or not (expected >= 0).all()
        ):
            raise ValueError("numbers that are none")
    except OSError as error:
        raise ScanError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except (ElementTree.ParseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ScanError(
            f"{path.name} is not a surface that palnet landmark --surface wrote with this version: make it again."
        ) from error
    return Corresponding(points, missing > 0, expected, unit, dict(zip(labels, held, strict=True)))


def _numbers(array: ElementTree.Element, shape: tuple[int, ...]) -> np.ndarray:
    return np.array((array.text or "").split(), float).reshape(shape)
