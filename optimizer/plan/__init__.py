"""One plan: the program of its mechanisms, whole machines, reasons, tables; and the rule checker."""
