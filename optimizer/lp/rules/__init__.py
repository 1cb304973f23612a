"""The constraint families, one file per concern."""
