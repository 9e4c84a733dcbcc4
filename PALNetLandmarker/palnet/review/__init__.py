"""What a person decided: the record of a review, the order of review, and that a person's work is kept."""
