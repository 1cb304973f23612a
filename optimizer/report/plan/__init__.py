"""A plan: the page, the terminal, and the files beside them."""
