"""A model against true points: measuring, baselines, cross-validation, the report."""
