"""Farms of one owner: planned side by side, or together where they share a ceiling on import or a treasury."""
