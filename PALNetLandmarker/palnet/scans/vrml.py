"""VRML 2 (.wrl, .wrz): the faces of all shapes, where their transforms put them, with colours and images."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from .header import space_in, unit_in
from .mesh import Cut, Damaged, Mesh, Unreadable, check_corners, triangulated
from .obj_lines import colours_of
from .parts import Part, Parts, turned
from .text import Told, plain_text
from .vrml_text import Node, VrmlText

_GROUPS = {"Group", "Transform", "Anchor", "Billboard", "Collision"}
_MOST_VISITS = 200_000
_OTHER_FILES = "It shows other files, too (Inline), which are not read."


def read_vrml(data: bytes, told: Told) -> Mesh:
    """Read a VRML 2 file.

    :raises Unreadable: with the line or the face
    """
    text = plain_text(data)
    if not re.match(rb"\s*#\s*VRML", text):
        raise Unreadable("cannot be read as VRML: it does not begin with '#VRML V2.0 utf8'; export the scan again")
    if re.match(rb"\s*#\s*VRML\s*V1", text):
        raise Unreadable("is of version 1 of VRML, which is not read: export the scan as VRML 2 (97), or as PLY or OBJ")
    said = re.findall(rb"(?m)^\s*#([^\n]*)", text[: 1 << 12])
    comment = b"\n".join(said).decode("utf-8", errors="replace")
    return _Reader(text, told).mesh(space_in(comment), unit_in(comment)[0])


class _Reader:
    """Goes through the nodes of a file."""

    def __init__(self, text: bytes, told: Told) -> None:
        self._told = told
        self._text = VrmlText(text, lambda share: told(0.5 * share))
        self._parts = Parts(len(text))
        self._shapes: dict[int, Part | None] = {}
        self._points: dict[int, np.ndarray | None] = {}
        self._visits, self._inlines = 0, False

    def mesh(self, space: str, unit: float | None) -> Mesh:
        """All shapes."""
        for node in self._text.nodes:
            if isinstance(node, Node):
                self._show(node, np.eye(4))
        mesh = self._parts.mesh()
        return replace(mesh, space=space, unit_mm=unit, warnings=(_OTHER_FILES,) if self._inlines else ())

    def _show(self, node: Node, matrix: np.ndarray) -> None:
        self._visits += 1
        if self._visits > _MOST_VISITS:
            raise Damaged("it uses its nodes again and again, more than a scan does")
        if node.kind == "Shape":
            if id(node) not in self._shapes:
                self._shapes[id(node)] = self._shape(node)
                self._told(0.5)
            part = self._shapes[id(node)]
            if part is not None:
                self._parts.add(part, matrix)
        elif node.kind in _GROUPS:
            if node.kind == "Transform":
                matrix = matrix @ self._matrix(node)
            for child in node.nodes("children"):
                self._show(child, matrix)
        elif node.kind == "Switch":
            chosen = self._text.numbers(node, "whichChoice", 1)
            choices, number = node.nodes("choice"), int(chosen[0]) if chosen is not None and len(chosen) else -1
            if 0 <= number < len(choices):
                self._show(choices[number], matrix)
        elif node.kind == "LOD":
            for child in node.nodes("level")[:1]:
                self._show(child, matrix)
        self._inlines |= node.kind == "Inline"

    def _row(self, node: Node, name: str, usual: list[float]) -> np.ndarray:
        """The numbers of a field that has so many."""
        found = self._text.numbers(node, name, 1)
        if found is None:
            return np.array(usual)
        if len(found) != len(usual) or not np.isfinite(found).all():
            raise Damaged(
                f"the {name} of the {node.kind} in line {self._text.line_of(node):,} has not {len(usual)} numbers"
            )
        return found

    def _matrix(self, node: Node) -> np.ndarray:
        """(4, 4) of a Transform: T C R SR S -SR -C."""
        centre, shift = self._row(node, "center", [0.0] * 3), self._row(node, "translation", [0.0] * 3)
        turn = _turn(self._row(node, "rotation", [0.0, 0.0, 1.0, 0.0]))
        along = _turn(self._row(node, "scaleOrientation", [0.0, 0.0, 1.0, 0.0]))
        result = np.eye(4)
        with np.errstate(over="ignore", invalid="ignore"):
            result[:3, :3] = turn @ (along * self._row(node, "scale", [1.0] * 3)) @ along.T
            result[:3, 3] = shift + centre - result[:3, :3] @ centre
        return result

    def _shape(self, node: Node) -> Part | None:
        geometry = node.node("geometry")
        if geometry is None or geometry.kind not in ("IndexedFaceSet", "PointSet"):
            return None
        coordinates = geometry.node("coord")
        if id(coordinates) not in self._points:
            found = None if coordinates is None else self._text.numbers(coordinates, "point", 3)
            self._points[id(coordinates)] = found
        points = self._points[id(coordinates)]
        index = self._text.numbers(geometry, "coordIndex", 1, whole=True)
        if points is None:
            return None
        if geometry.kind == "PointSet" or index is None or not len(index):
            return Part(points, np.zeros((0, 3), np.int64))
        corners, counts = _split(index.astype(np.int64))
        check_corners(corners, counts, len(points))
        cut = triangulated(points, corners, counts)
        triangles = cut.corners(corners)
        colours, corner_colours = self._colours(geometry, cut, corners, counts, len(points))
        image, plain, change = self._appearance(node.node("appearance"))
        uv = uv_index = None
        if image:
            uv, uv_index = self._texture(geometry, cut, corners, counts, change)
        part = Part(
            points, triangles, colours, corner_colours, plain, uv, uv_index, image if uv is not None else ""
        )  # fmt: skip
        return turned(part) if geometry.texts("ccw") == ["FALSE"] else part

    def _colours(
        self, geometry: Node, cut: Cut, corners: np.ndarray, counts: np.ndarray, points: int
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """By points, or by the corners of the triangles."""
        holder = geometry.node("color")
        values = None if holder is None else self._text.numbers(holder, "color", 3)
        if values is None or not len(values):
            return None, None
        shades = colours_of([(len(values), np.clip(values, 0.0, 1.0))])
        index = self._text.numbers(geometry, "colorIndex", 1, whole=True)
        has_index = index is not None and len(index) > 0
        if shades is None:
            return None, None
        if geometry.texts("colorPerVertex") == ["FALSE"]:
            of_faces = index.astype(np.int64) if index is not None and has_index else np.arange(len(counts))
            if len(of_faces) < len(counts) or not _within(of_faces[: len(counts)], len(shades)):
                raise Damaged(f"it holds {len(shades):,} colours, which do not fit to its {len(counts):,} faces")
            return None, np.repeat(shades[cut.faces(of_faces[: len(counts)])][:, None], 3, axis=1)
        if not has_index and len(shades) == points:
            return shades, None
        at = self._parallel(index, corners, counts, len(shades), "colours")
        return None, shades[cut.corners(at)]

    def _texture(
        self, geometry: Node, cut: Cut, corners: np.ndarray, counts: np.ndarray, change: np.ndarray
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        holder = geometry.node("texCoord")
        uv = None if holder is None else self._text.numbers(holder, "point", 2)
        if uv is None or not len(uv):
            return None, None
        index = self._text.numbers(geometry, "texCoordIndex", 1, whole=True)
        at = self._parallel(index, corners, counts, len(uv), "texture coordinates")
        with np.errstate(over="ignore", invalid="ignore"):
            return (uv @ change[:2, :2].T + change[:2, 2]).astype(np.float32), cut.corners(at)

    @staticmethod
    def _parallel(
        index: np.ndarray | None, corners: np.ndarray, counts: np.ndarray, held: int, what: str
    ) -> np.ndarray:
        """(C,) numbers that stand beside those of the faces' points, or are the same."""
        at = corners
        if index is not None and len(index):
            at, own = _split(index.astype(np.int64))
            if not np.array_equal(own, counts):
                raise Damaged(f"the faces of its {what} are others than those of its points")
        if not _within(at, held):
            raise Damaged(f"a face names {what} that the file does not hold (it holds {held:,})")
        return at

    def _appearance(self, node: Node | None) -> tuple[str, tuple[int, int, int] | None, np.ndarray]:
        """The image's name, the plain colour, and (3, 3) how the texture is moved."""
        change = np.eye(3)
        if node is None:
            return "", None, change
        material, texture, moved = (node.node(name) for name in ("material", "texture", "textureTransform"))
        plain = None
        if material is not None:
            red, green, blue = (
                round(255 * float(np.clip(one, 0, 1))) for one in self._row(material, "diffuseColor", [0.8] * 3)
            )
            plain = (red, green, blue)
        if moved is not None:
            centre, scale = self._row(moved, "center", [0.0] * 2), self._row(moved, "scale", [1.0] * 2)
            shift, angle = self._row(moved, "translation", [0.0] * 2), self._row(moved, "rotation", [0.0])[0]
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            # Tc' = -C S R C T Tc, as the format says.
            change[:2, :2] = np.diag(scale) @ turn
            change[:2, 2] = change[:2, :2] @ (shift + centre) - centre
        image = ""
        if texture is not None and texture.kind == "ImageTexture":
            image = next((url for url in texture.texts("url") if url.strip()), "")
        return image, plain, change


def _turn(axis_angle: np.ndarray) -> np.ndarray:
    """(3, 3) about an axis by an angle (4,)."""
    axis, angle = axis_angle[:3], axis_angle[3]
    length = float(np.linalg.norm(axis))
    if not length or not np.isfinite(length):
        return np.eye(3)
    x, y, z = axis / length
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _split(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (C,) and counts (P,) of polygons that each end with -1; the last one may go without."""
    if (index < -1).any():
        raise Damaged(f"a face names point {int(index[index < -1][0]):,}")
    ends = np.flatnonzero(index == -1)
    if index[-1] != -1:
        ends = np.append(ends, len(index))
    return index[index >= 0], np.diff(np.concatenate([[-1], ends])) - 1


def _within(index: np.ndarray, count: int) -> bool:
    return not len(index) or (int(index.min()) >= 0 and int(index.max()) < count)
