"""The way of a surface to its landmarks: align, keep the face, cut patches, predict, accept; and the model file."""
