"""Coincident peaks."""
