"""A scan file becomes a clean surface in mm, a volume its skin (`skin`), and, for the person, its colours (`looks`)."""
