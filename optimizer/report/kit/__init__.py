"""What every page and table is made of: the shell of a page, charts, numbers as people read them, packed series."""
