"""Mine, host AI, or both: investment and operation of a site over years."""
