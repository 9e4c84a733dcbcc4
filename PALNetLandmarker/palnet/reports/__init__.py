"""Pages, plots and thumbnails."""
