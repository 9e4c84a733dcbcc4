"""A model of one's own: the check of a folder, training with scans left out, and whether it was worth it."""
