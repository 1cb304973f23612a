"""Generation behind the meter."""
