"""The benchmark compares like with like: every route states the same program. Nothing is timed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.plan.formulation import DispatchProblem, build_problem
from tests.benchmarks.contract import MINUTES, MODES
from tests.benchmarks.instance import write_instance
from tests.benchmarks.routes import curtail, numpy_by_hand, raw

HOURS, GROUPS = 72, 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("benchmark")
    write_instance(path, HOURS, GROUPS)
    return path


@pytest.fixture(scope="module")
def problem(folder: Path) -> DispatchProblem:
    return build_problem(curtail.prepare(folder))


def _rows(program: Any) -> dict[tuple[tuple[int, float], ...], tuple[float, float]]:
    """Each row's entries in column order, with its bounds."""
    starts, indices, coefficients = program.starts, program.indices, program.coefficients
    rows = {}
    for i, bounds in enumerate(zip(program.row_lower, program.row_upper, strict=True)):
        part = slice(starts[i], starts[i + 1])
        entries = tuple(sorted(zip(indices[part].tolist(), coefficients[part].tolist(), strict=True)))
        rows[entries] = (float(bounds[0]), float(bounds[1]))
    assert len(rows) == len(program.row_lower), "two rows are alike: this comparison needs them to differ"
    return rows


def test_the_matrix_by_hand_equals_ours_up_to_row_order(problem: DispatchProblem) -> None:
    ours, by_hand = compile_program(problem), numpy_by_hand.build(problem)
    expected, found = _rows(ours), _rows(by_hand)
    assert set(found) == set(expected)
    np.testing.assert_allclose(list(map(found.get, expected)), list(expected.values()), rtol=1e-13)
    np.testing.assert_allclose(by_hand.cost, ours.cost, rtol=1e-13)
    np.testing.assert_array_equal(by_hand.col_lower, ours.col_lower)
    np.testing.assert_array_equal(by_hand.col_upper, ours.col_upper)
    assert by_hand.offset == ours.offset


def test_numpy_by_hand_has_our_optimum(problem: DispatchProblem) -> None:
    ours = solve(compile_program(problem)).objective
    assert numpy_by_hand.solve(numpy_by_hand.load(numpy_by_hand.build(problem)), 60.0) == pytest.approx(ours, rel=1e-9)


def test_linopy_has_our_optimum(problem: DispatchProblem) -> None:
    pytest.importorskip("linopy", reason="linopy is not installed")
    from tests.benchmarks.routes import linopy_model

    ours = solve(compile_program(problem)).objective
    assert linopy_model.solve(linopy_model.load(linopy_model.build(problem)), 60.0) == pytest.approx(ours, rel=1e-9)


def test_pyomo_has_our_optimum(problem: DispatchProblem) -> None:
    from tests.benchmarks.routes import pyomo_appsi

    ours = solve(compile_program(problem)).objective
    assert pyomo_appsi.solve(pyomo_appsi.load(pyomo_appsi.build(problem)), 60.0) == pytest.approx(ours, rel=1e-9)


def test_raw_reads_back_what_was_saved(folder: Path, problem: DispatchProblem) -> None:
    size = curtail.save(folder, raw.prepare(folder))
    stored, ours = raw.build(raw.arrays(raw.prepare(folder))), compile_program(problem)
    assert size == {"rows": ours.shape[0], "columns": ours.shape[1], "entries": len(ours.indices)}
    for name in raw.Arrays._fields:
        np.testing.assert_array_equal(getattr(stored, name), getattr(ours, name))


def test_the_farm_couples_its_intervals_and_groups(problem: DispatchProblem) -> None:
    """The instance is worth measuring: machines stop and start again, and the import limit binds in some hours."""
    program = compile_program(problem)
    solution = solve(program)
    binding = np.count_nonzero(solution.shadow_prices["import_limit"] > 1e-6)
    assert 0 < binding < HOURS / 2
    assert solution.values["units_started"].sum() > 100


def test_the_contract_is_all_that_differs(tmp_path: Path) -> None:
    """Nine months but for an hour: a bill for each, a ratchet from each to all before it, one tag, one block."""
    problems = {}
    for contract in (True, False):
        write_instance(tmp_path / str(contract), 273 * 24 - 1, 1, modes=MODES, contract=contract)
        problems[contract] = build_problem(curtail.prepare(tmp_path / str(contract)))
    sets = ("PEAK_BILLS", "RATCHETS", "TAGS", "BLOCKS")
    assert [problems[True].size(name) for name in sets] == [9, 9 * 8 / 2, 1, 1]
    assert [problems[False].size(name) for name in sets] == [0, 0, 0, 0]
    for name in ("energy_usd_per_mwh", "units_available", "extra_mw", "import_limit_mw"):
        np.testing.assert_array_equal(getattr(problems[True], name), getattr(problems[False], name))
    expected = problems[True].tag_weight.sum() * 4
    assert expected == pytest.approx(4.0), "four peaks a year"


def test_the_routes_agree_on_the_contract(tmp_path: Path) -> None:
    from tests.benchmarks.routes import pyomo_appsi

    write_instance(tmp_path, 24, 2, modes=MODES, minutes=MINUTES, contract=True)
    problem = build_problem(curtail.prepare(tmp_path))
    with pytest.raises(AssertionError):
        numpy_by_hand.build(problem)
    found = solve(compile_program(problem))
    assert pyomo_appsi.solve(pyomo_appsi.load(pyomo_appsi.build(problem)), 60.0) == pytest.approx(found.objective)
    assert found.shadow_prices["peak_billed"].max() > 0, "the demand charge matters"
