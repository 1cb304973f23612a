"""Files that are written whole or not at all, results that are kept, workers that make them."""
