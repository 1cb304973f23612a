"""Planning again and again through time, each time with what is known by then and nothing else."""
