"""Machines of customers."""
