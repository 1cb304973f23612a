"""Benchmarks against peers in the same run: ``python -m tests.benchmarks.run``. The test suite times nothing."""
