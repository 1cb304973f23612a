"""The mathematics: no YAML, no timestamps, no files."""
