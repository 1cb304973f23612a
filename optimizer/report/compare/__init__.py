"""A comparison of scenarios: the page, the terminal, compare.csv and compare.json."""
