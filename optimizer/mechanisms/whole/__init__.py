"""Whole machines and whole containers, for `--whole-units exact`. The sets are empty when the plan is continuous."""
