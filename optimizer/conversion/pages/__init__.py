"""What a conversion study found: files, page, terminal."""
