"""Scenarios against each other: planned knowing them, planned again as notice arrives, met by simple policies."""
