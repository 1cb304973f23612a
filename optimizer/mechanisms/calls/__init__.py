"""Curtailment events."""
