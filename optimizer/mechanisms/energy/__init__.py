"""Energy at the interval's price, and what import is met by."""
