"""Storage behind the meter."""
