"""Other suppliers."""
