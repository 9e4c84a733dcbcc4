"""The materials of an OBJ file: which image file belongs to which of its faces."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .beside import content_beside

_LARGEST = 1 << 20


class Materials:
    """Looks into the files of materials beside a scan; where there are none, there are no images.

    :param folder: None looks for none
    :ivar missing: names of files of materials that are not there
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.missing: list[str] = []

    def of_faces(
        self, libraries: list[str], uses: list[tuple[int, str]], faces: int
    ) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """(F,) number of the image of each face, -1 for none, and the images' names as the materials write them.

        :param libraries: names of files, :param uses: from which face on which material is used
        """
        images_of: dict[str, str] = {}
        for library in dict.fromkeys(libraries):
            images_of.update(self._images(library))
        images = tuple(dict.fromkeys(images_of.values()))
        if not images or not uses:
            return (np.zeros(faces, np.int64) if len(images) == 1 else None), images
        index = np.full(faces, -1, np.int64)
        for first, material in sorted(uses, key=lambda use: use[0]):
            index[first:] = images.index(images_of[material]) if material in images_of else -1
        return index, images

    def _images(self, library: str) -> dict[str, str]:
        """The image of each material in a file."""
        if self._folder is None:
            return {}
        content = content_beside(self._folder, library)
        if content is None:
            self.missing.append(library)
            return {}
        text = content[:_LARGEST].decode("utf-8", errors="replace")
        found, material = {}, ""
        folder = "".join(library.replace("\\", "/").rpartition("/")[:2])
        for line in text.splitlines():
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                material = rest.strip()
            elif word.lower() == "map_kd" and rest.strip():
                # Options stand before the name, which may hold blanks.
                found[material] = folder + re.sub(r"^(?:-\w+(?:\s+[-+.\d]+|\s+on|\s+off)*\s+)*", "", rest.strip())
        return found
