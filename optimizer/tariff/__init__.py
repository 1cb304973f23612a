"""Rates of the Utility Rate Database to contracts. Knows the format and the contract's shape, nothing of markets."""
