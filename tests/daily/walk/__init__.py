"""A walk over seeded days: the job under everything that happens to it, and an oracle that shares no code with it."""
