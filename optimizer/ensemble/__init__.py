"""Thousands of scenarios drawn from a seed, each planned to its optimum: what a farm may earn, and what it risks."""
