"""Benchmarks against peers in the same run: ``python -m tests.benchmarks.run``. Nothing here is timed by the test suite."""
