"""Set-points carried out by machines: who is to do what, sent, verified by watts or hash rate, written down."""
