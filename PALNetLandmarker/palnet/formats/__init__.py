"""Landmark files, one file a format; none of it knows of reviews."""
