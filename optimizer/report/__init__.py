"""Text files, terminal tables and the self-contained HTML page."""
