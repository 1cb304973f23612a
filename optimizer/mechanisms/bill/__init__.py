"""What a billing period costs whatever is used, and the least that it comes to."""
