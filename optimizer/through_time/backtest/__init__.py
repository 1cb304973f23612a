"""What every way to run a farm would have earned on real prices: the ladder from always on to perfect foresight."""
