"""Money from a schedule and prices alone. Never imports lp."""
