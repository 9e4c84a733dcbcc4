"""Which points of a configuration slide, as programs in R read it: geomorph's ``gpagen`` and Morpho's ``slider3d``.

geomorph (https://github.com/geomorphR/geomorph): ``define.sliders`` writes the table of curves, with the numbers of the
row before, the row that slides, and the row after; ``buildtemplate`` writes the table of surfaces. Morpho
(https://github.com/zarquon42b/Morpho): the arguments SMvector, outlines and surp, as a list for ``dget``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

SLIDERS_ENDING, SURFACE_ENDING, MORPHO_ENDING = ".sliders.csv", ".surface.csv", ".slider3d.R"
ENDINGS = (SLIDERS_ENDING, SURFACE_ENDING, MORPHO_ENDING)
"""Of the files that say which points slide, after the name of the file of the points."""
IN_FOLDER = "semilandmarks"
"""Their name where the points are files in a folder."""
_IN_A_LINE = 20


@dataclass(frozen=True)
class Sliding:
    """Which points slide, and along what.

    :ivar labels: of the semilandmarks, :ivar curves: labels along each curve, landmarks among them
    """

    labels: Collection[str]
    curves: Mapping[str, Sequence[str]]

    def outlines(self, labels: Sequence[str]) -> dict[str, list[int]]:
        """The numbers (from 1) of the points along each curve, among all points of these labels.

        What is not among them is left out, and so are curves of which no semilandmark is left.
        """
        row = {label: number for number, label in enumerate(labels, 1)}
        found = {
            name: [row[label] for label in along if label in row]
            for name, along in self.curves.items()
            if any(label in row and label in self.labels for label in along)
        }
        return {name: rows for name, rows in found.items() if len(rows) > 2}

    def rows(self, labels: Sequence[str]) -> tuple[list[tuple[int, int, int]], list[int]]:
        """Numbers (from 1): before, slide and after of those that slide along a curve; and those that do on the skin.

        A semilandmark at the end of a curve that no landmark ends has nothing to slide along, and slides on the skin.
        """
        semi = {number for number, label in enumerate(labels, 1) if label in self.labels}
        along = [
            three
            for rows in self.outlines(labels).values()
            for three in zip(rows, rows[1:], rows[2:], strict=False)
            if three[1] in semi
        ]
        return along, sorted(semi - {slide for _, slide, _ in along})


def slider_tables(sliding: Sliding, labels: Sequence[str]) -> dict[str, str]:
    """The files by their endings; a table that would be empty is none, since ``gpagen`` takes none.

    Without semilandmarks there is no file at all.

    :param labels: of all points, in order
    """
    along, on_skin = sliding.rows(labels)
    files: dict[str, str] = {}
    if not along and not on_skin:
        return files
    if along:
        rows = (",".join(map(str, three)) for three in along)
        files[SLIDERS_ENDING] = "\n".join(['"before","slide","after"', *rows]) + "\n"
    if on_skin:
        files[SURFACE_ENDING] = "\n".join(['"x"', *map(str, on_skin)]) + "\n"
    outlines = [f'"{name}" = {_vector(rows)}' for name, rows in sliding.outlines(labels).items()]
    files[MORPHO_ENDING] = (
        f"list(SMvector = {_vector(sorted([slide for _, slide, _ in along] + on_skin))},\n"
        + (f"outlines = list({','.join(chr(10) + one for one in outlines)}),\n" if outlines else "outlines = NULL,\n")
        + f"surp = {_vector(on_skin) if on_skin else 'NULL'})\n"
    )
    return files


def _vector(numbers: Sequence[int]) -> str:
    lines = [", ".join(map(str, numbers[start : start + _IN_A_LINE])) for start in range(0, len(numbers), _IN_A_LINE)]
    return f"c({(',' + chr(10)).join(lines)})"
