"""YAML text -> typed, frozen, validated objects. No solver, no market data."""
