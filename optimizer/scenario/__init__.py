"""Scenarios: what is changed of a farm and its market before it is planned. Files, their language, and what it does."""
