"""Tests of the peak model."""
