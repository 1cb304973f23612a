"""What farm, market and state say of each interval, what is decided, and what it comes to; without a program."""
