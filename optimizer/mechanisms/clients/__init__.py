"""Clients whose machines the farm hosts, and the uptime they are promised."""
