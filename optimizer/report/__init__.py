"""What people see of results: pages, tables of the terminal, CSV and JSON text. It only shows; it solves nothing."""
