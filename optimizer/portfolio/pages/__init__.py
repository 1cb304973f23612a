"""A portfolio: the page, the terminal, and the files beside the sites' folders."""
