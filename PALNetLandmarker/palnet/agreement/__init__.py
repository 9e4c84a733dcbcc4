"""Two observers or methods side by side: statistics, tables, figures, the page."""
