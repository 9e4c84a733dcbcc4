"""Scan files: OBJ, PLY, STL, OFF, glTF, VRML, 3MF, VTK's and volumes, each read once by one reader, or a sentence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import ScanError
from ..units import is_unit, mm_per_unit, unit_of_size
from .content import Progressing, check_kind, content_of
from .dicom import WHAT_TO_DO, is_dicom
from .gltf import read_gltf
from .header import space_in, unit_in
from .mesh import Mesh, Unreadable
from .nifti import read_nifti
from .nrrd import read_nrrd, space_of
from .obj import header_comment, read_obj
from .off import read_off
from .ply import read_header, read_ply
from .stl import header_line, read_stl
from .surface import polydata_from_arrays
from .text import Told, plain_text
from .threemf import read_threemf
from .volume import Volume
from .vrml import read_vrml
from .vtk_legacy import read_vtk, title_of
from .vtk_xml import read_vtk_xml

_Reader = Callable[[bytes, Path, Told], Mesh]
_VolumeReader = Callable[[bytes, Path, Told], Volume]

READERS: dict[str, _Reader] = {
    ".obj": read_obj,
    ".ply": lambda data, _folder, told: read_ply(data, told),
    ".stl": lambda data, _folder, told: read_stl(data, told),
    ".vtk": lambda data, _folder, told: read_vtk(data, told),
    ".vtp": lambda data, _folder, told: read_vtk_xml(data, told),
    ".vtu": lambda data, _folder, told: read_vtk_xml(data, told),
    ".off": lambda data, _folder, told: read_off(data, told),
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".wrl": lambda data, _folder, told: read_vrml(data, told),
    ".wrz": lambda data, _folder, told: read_vrml(data, told),
    ".3mf": lambda data, _folder, told: read_threemf(data, told),
}
"""The reader of each file format, by the file's ending; each may be packed by gzip, with ``.gz`` behind that."""

VOLUMES: dict[str, _VolumeReader] = {
    ".nrrd": lambda data, path, told: read_nrrd(data, path.parent, told),
    ".nhdr": lambda data, path, told: read_nrrd(data, path.parent, told),
    ".nii": lambda data, path, told: read_nifti(data, told, path),
    ".hdr": lambda data, path, told: read_nifti(data, told, path),
}
"""The same of volumes (CT, CBCT, MRI), by the path of the file: of these the skin is the scan."""
_HEADERS = (".nhdr", ".hdr")
"""Of these the voxels are in other files."""
ENDINGS = (*READERS, *VOLUMES)
"""The endings of all scan files, but for ``.gz`` behind them."""

_HEADER_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"
_MAY_BE_PACKED = (".wrl", ".wrz")

# Reading takes so much of the way, looking at the numbers the rest; of a volume, finding the skin the rest.
_READING = 0.3
_UNPACKING = 0.2

_UNIT, _SCALE, _WARNINGS = "UNIT_MM", "SCALED_BY", "WARNINGS"


def scan_ending(path: str | Path) -> str:
    """The ending that says which format a scan file has, in small letters; empty where it is none that is read."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    if suffixes and suffixes[-1] in ENDINGS:
        return suffixes[-1]
    return "".join(suffixes) if len(suffixes) == 2 and suffixes[0] in ENDINGS and suffixes[1] == ".gz" else ""


def is_volume(path: str | Path) -> bool:
    """Whether a scan file is a volume by its name: what is read of it is the skin."""
    return scan_ending(path).removesuffix(".gz") in VOLUMES


def volume_state(path: Path) -> tuple[object, ...]:
    """What is another one when a volume was written anew: of its file, and of its folder where others hold its voxels.

    :raises OSError: it cannot be read
    """
    own = path.stat()
    state = (str(path.absolute()), own.st_mtime_ns, own.st_size)
    if scan_ending(path).removesuffix(".gz") not in _HEADERS:
        return state
    return (*state, *sorted((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in path.parent.iterdir()))


def scan_stem(path: str | Path) -> str:
    """A scan file's name without its ending."""
    name, ending = Path(path).name, scan_ending(path)
    return name[: -len(ending)] if ending else Path(path).stem


def read_mesh(path: str | Path, progress: Callable[[float], None] | None = None) -> Mesh:
    """Read a scan with its looks, in the file's own coordinates and unit.

    :param progress: is told the share done, a few times a second at most; may raise what ends the reading
    :raises ScanError: there is no such file, it cannot be read, is of another format, damaged, or holds no surface
    """
    path = Path(path)
    told = Progressing(progress)
    ending = _check_file(path)
    try:
        same = volume_state(path) if is_volume(path) else ()
        if same in _last_skin:
            return _last_skin[same]
        data = cast(bytes, content_of(path, _is_packed(path), told.part(0.0, _READING)))
        kind = ending.removesuffix(".gz")
        check_kind(data, kind)
        if kind in VOLUMES:
            mesh = _skin(kind, data, path, told)
            _last_skin.clear()
            _last_skin[same] = mesh
        else:
            mesh = READERS[kind](data, path.parent, told.part(_READING, 1.0))
        _check_mesh(mesh)
    except Unreadable as error:
        raise ScanError(f"{path.name} {error}.") from None
    except MemoryError:
        raise ScanError(f"{path.name} is larger than the memory that is free: close other programs.") from None
    except OSError as error:
        raise _may_not_be_read(path, error) from None
    except (ValueError, LookupError, ArithmeticError, TypeError, RecursionError, struct.error) as error:
        kind = ending[1:].upper()
        raise ScanError(
            f"{path.name} is damaged, or no {kind} file: it cannot be read. Export the scan again."
        ) from error
    return mesh


_last_skin: dict[tuple[object, ...], Mesh] = {}
"""That of the volume that was read last: what shows it asks for it again, and to find it takes seconds."""


def _skin(kind: str, data: bytes, path: Path, told: Progressing) -> Mesh:
    from .skin import skin_of  # it loads scipy's package for images

    volume = VOLUMES[kind](data, path, told.part(_READING, _READING + _UNPACKING))
    return skin_of(volume, told.part(_READING + _UNPACKING, 1.0))


def read_surface(path: str | Path, progress: Callable[[float], None] | None = None) -> vtkPolyData:
    """Read the triangles of a scan, in the file's own coordinates and unit, but where Slicer itself multiplies them.

    Slicer 5.13 and later bring OBJ files to mm whose header says, in the words of Mimics, how long a unit is; so do we.
    The field data says which frame (SPACE) and unit (UNIT_MM) the header states; colours of points are kept.

    :raises ScanError: as :func:`read_mesh`
    """
    return surface_in(read_mesh(path, progress))


def surface_in(mesh: Mesh) -> vtkPolyData:
    """What :func:`read_surface` gives, of what was read already."""
    scale = scale_of(mesh)
    surface = polydata_from_arrays(mesh.points if scale == 1.0 else mesh.points * scale, mesh.triangles)
    if mesh.colours is not None:
        colours = numpy_to_vtk(np.ascontiguousarray(mesh.colours), deep=True)
        colours.SetName("RGB")
        surface.GetPointData().SetScalars(colours)
    for name, texts in {"SPACE": (mesh.space,) if mesh.space else (), _WARNINGS: mesh.warnings}.items():
        if texts:
            array = vtkStringArray()
            array.SetName(name)
            for text in texts:
                array.InsertNextValue(text)
            surface.GetFieldData().AddArray(array)
    for name, number in {_UNIT: (mesh.unit_mm or 0.0) / scale, _SCALE: scale if scale != 1.0 else 0.0}.items():
        if number:
            stated = numpy_to_vtk(np.array([number]), deep=True)
            stated.SetName(name)
            surface.GetFieldData().AddArray(stated)
    return surface


def scale_of(mesh: Mesh) -> float:
    """By how much the coordinates of a file's points are multiplied: as Slicer does where it follows the header's unit,
    and to mm where the format fixes the unit."""
    return mesh.unit_mm if (mesh.unit_is_slicers or mesh.is_brought_to_mm) and mesh.unit_mm else 1.0


def slicers_scale(path: str | Path) -> float:
    """By how much Slicer 5.13 multiplies the coordinates of a file, as its header states; 1 for all but few OBJ files.

    :raises ScanError: it cannot be read
    """
    path = Path(path)
    if not scan_ending(path).startswith(".obj"):
        return 1.0
    unit, is_slicers = unit_in(header_comment(plain_text(_head(path))))
    return unit if is_slicers and unit else 1.0


def _head(path: Path) -> bytes:
    """The beginning of a file, unpacked."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEADER_BYTES) if _is_packed(path) else head
    except zlib.error:
        return b""
    except OSError as error:
        raise _may_not_be_read(path, error) from None


def _is_packed(path: Path) -> bool:
    """Whether a file is packed by gzip: by its name, or, as is usual for VRML, though its name does not say so."""
    ending = scan_ending(path)
    if ending in _MAY_BE_PACKED:
        with path.open("rb") as file:
            return file.read(2) == _GZIP
    # Readers of volumes unpack by themselves: their headers say how much there should be.
    return ending.endswith(".gz") and not is_volume(path)


def surface_unit(mesh: vtkPolyData, asked: str = "auto") -> str:
    """The unit of what :func:`read_surface` read.

    :param asked: the unit of the file's numbers, which counts for more than what the header states; ``"auto"``, and
        what is no length, as ``"unknown"``
    :returns: ``"auto"`` where neither says it
    """
    stated, scaled = (mesh.GetFieldData().GetArray(name) for name in (_UNIT, _SCALE))
    if asked == "auto":
        return asked if stated is None else unit_of_size(stated.GetValue(0))
    return unit_of_size(mm_per_unit(asked) / scaled.GetValue(0)) if scaled is not None and is_unit(asked) else asked


def reading_warnings(mesh: vtkPolyData) -> tuple[str, ...]:
    """What there is to say of a file that :func:`read_surface` read: sentences for the user."""
    array = mesh.GetFieldData().GetAbstractArray(_WARNINGS)
    return () if array is None else tuple(array.GetValue(k) for k in range(array.GetNumberOfValues()))


def scan_space(path: str | Path, mesh: vtkPolyData | None = None) -> str:
    """The frame that the file's header states, ``"RAS"`` or ``"LPS"``; Slicer takes a file that states none as LPS.

    The rule is Slicer's: comments of the header, in capitals; in PLY the first that states one.

    :param mesh: what :func:`read_surface` made of the file, so that it need not be read again
    :raises ScanError: it cannot be read
    """
    path = Path(path)
    ending = scan_ending(path)
    if mesh is None and ending.removesuffix(".gz") in _SPACES:
        try:
            return _SPACES[ending.removesuffix(".gz")](_head(path)) or "LPS"
        except Unreadable:
            pass  # a longer header, or a file whose fault is told by whoever reads it
    array = (mesh if mesh is not None else read_surface(path)).GetFieldData().GetAbstractArray("SPACE")
    return "RAS" if array is not None and array.GetValue(0) == "RAS" else "LPS"


_SPACES: dict[str, Callable[[bytes], str]] = {
    ".obj": lambda head: space_in(header_comment(plain_text(head))),
    ".ply": lambda head: next((space for space in map(space_in, read_header(head).comments) if space), ""),
    ".stl": lambda head: space_in(header_line(head)),
    ".vtk": lambda head: space_in(title_of(head)),
    ".nrrd": space_of,
    ".nhdr": space_of,
    ".nii": lambda _head: "RAS",
    ".hdr": lambda _head: "RAS",
}


def _check_mesh(mesh: Mesh) -> None:
    if not len(mesh.points):
        raise Unreadable("holds no points: export the scan again")
    if not len(mesh.triangles):
        raise Unreadable(
            f"holds {len(mesh.points):,} points but no surface: it is a cloud of points. Make a surface of it in the "
            "program of the scanner, in MeshLab (Surface Reconstruction: Screened Poisson) or in CloudCompare (Poisson "
            "Surface Reconstruction), and export that as a triangle mesh"
        )


def _may_not_be_read(path: Path, error: OSError) -> ScanError:
    return ScanError(f"{path.name} may not be read ({error.strerror}): ask for the permission to read it.")


def _check_file(path: Path) -> str:
    """The file's ending; a sentence where it is none that can be read."""
    ending = scan_ending(path)
    try:
        # No file of landmarks, and none of Slicer's writers, takes another name.
        str(path).encode("utf-8")
        size = path.stat().st_size
        if path.is_dir():
            raise ScanError(f"{path} is a folder, not a scan: name the scan files in it.")
    except UnicodeEncodeError:
        raise ScanError(f"{path.name} has a name, or lies in a folder, that is not in UTF-8: rename it.") from None
    except FileNotFoundError:
        raise ScanError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise ScanError(
            f"{path.name} may not be read ({getattr(error, 'strerror', error)}): ask for the permission to read it."
        ) from None
    if not ending:
        if is_dicom(path):
            raise ScanError(f"{path.name} is a DICOM image: {WHAT_TO_DO}")
        known = ", ".join(one[1:].upper() for one in ENDINGS)
        raise ScanError(
            f"{path.name} is of a format that is not known here: export the scan as one of {known}, or one of these "
            "packed (.gz)."
        )
    if not size:
        raise ScanError(f"{path.name} is empty: export the scan again.")
    return ending
