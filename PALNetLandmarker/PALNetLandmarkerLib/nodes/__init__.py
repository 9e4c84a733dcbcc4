"""Arrays to nodes of the scene and back: frames, records, files, snapping."""
