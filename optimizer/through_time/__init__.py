"""Step after step through time, each with what is known by then and nothing else; rules beside it; the ladder."""
