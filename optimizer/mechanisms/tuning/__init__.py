"""Changes of mode."""
