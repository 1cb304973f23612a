"""The ways from data to an optimum that are compared, a module each, all with the same functions.

``prepare(folder)`` reads what the route starts from and is not timed. ``arrays(data)`` gives the dispatch problem,
``build(problem)`` makes the route's own model of it, ``load(model)`` hands that to HiGHS, and ``solve(solver,
time_limit)`` returns the optimum in USD, or None when the time was up. All but the raw route start from the farm and
the market as read (`Conditions`) and share ``arrays``. Each module imports what its route needs and no more, because it
is measured in a process of its own.
"""
