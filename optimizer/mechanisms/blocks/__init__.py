"""Blocks bought in advance."""
