"""What the grid, a program or a price says, made into calls."""
