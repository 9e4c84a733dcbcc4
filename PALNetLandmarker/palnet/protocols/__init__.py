"""Which landmarks there are: their names, sides and definitions, their mean shape and its symmetry."""
