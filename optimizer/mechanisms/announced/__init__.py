"""Planning again."""
