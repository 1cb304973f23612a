"""Demand charges on the highest import of a billing period, and ratchets that hold it up."""
