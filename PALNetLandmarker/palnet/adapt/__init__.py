"""A person's own way: conventions learned from their scans, and landmarks of their own."""
