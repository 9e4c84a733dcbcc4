"""A scan file becomes a clean surface in millimetres."""
