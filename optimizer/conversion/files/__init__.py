"""Offers, studies and their parts as people write them."""
