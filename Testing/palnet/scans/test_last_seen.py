"""What can be seen of a scan is kept as long as the scan is there and the same."""

from __future__ import annotations

from palnet.scans.last_seen import keep_seen, seen_before
from shapes import grid, polydata


def test_kept_until_the_scan_changes_or_another_comes() -> None:
    surface = grid()
    first, second = polydata(surface), polydata(surface)
    assert seen_before(first) is None
    keep_seen(first, surface)
    assert seen_before(first) is surface and seen_before(second) is None
    first.Modified()
    assert seen_before(first) is None
    keep_seen(first, surface)
    keep_seen(second, surface)
    assert seen_before(first) is None and seen_before(second) is surface


def test_it_goes_with_the_scan() -> None:
    from palnet.scans import last_seen

    mesh, surface = polydata(grid()), grid()
    keep_seen(mesh, surface)
    del mesh
    assert last_seen._last._surface is None
