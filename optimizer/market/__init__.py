"""Files to series on the plan's intervals. The only place with time zones."""
