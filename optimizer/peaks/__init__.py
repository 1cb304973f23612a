"""The coincident peaks of a grid: which intervals count, how high its load may rise, how likely each is a peak."""
