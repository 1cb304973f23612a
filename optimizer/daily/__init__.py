"""The scheduled job: state carried between runs, a lock, whole outputs, a history, and a loop on a price feed."""
