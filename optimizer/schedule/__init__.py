"""Solution -> whole machines, reasons, shutdown blocks, strike sheet; and the rule checker."""
