"""Scan after scan: where they come from, their order, landmarks placed ahead, batches."""
