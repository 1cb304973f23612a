"""A backtest: the page, the terminal, and the files beside them."""
