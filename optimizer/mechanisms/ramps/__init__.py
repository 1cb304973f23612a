"""How fast import may rise and fall."""
