"""A scan file becomes a clean surface in millimetres, and, for the person, its colours (`looks`)."""
