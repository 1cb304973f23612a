"""What sites have together."""
