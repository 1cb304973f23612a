"""The formulations: dispatch, investment, choice of weeks. No YAML, no timestamps, no files."""
