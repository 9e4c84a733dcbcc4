"""Sets of specimens with their records, read and written for morphometrics."""
