"""The ways from data to an optimum that are compared, a module each, all with the same four functions.

``prepare(folder)`` reads what the route starts from and is not timed; ``build(data)`` makes its model, ``load(model)``
hands it to HiGHS, ``solve(solver, time_limit)`` returns the optimum in USD, or None when the time was up. Each module
imports what its route needs and no more, because it is measured in a process of its own.
"""
