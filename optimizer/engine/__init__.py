"""Programs as declared: any formulation read as arrays and by Pyomo, solved, and its conflicts told."""
