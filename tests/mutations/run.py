"""Check that the tests can fail: apply each mutation to a copy of the project and run the fast tests there.

``python -m tests.mutations.run`` prints a row per mutation and ends with 1 when a mutant survives, with 2 when a
mutation no longer fits the code. Arguments choose the mutations whose file or text contains one of them, or so many at
random: ``--sample 60``, always the same while the table is.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutations.table import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
# what notices most comes first
Stages = tuple[tuple[str, ...], ...]
STAGES: Stages = (("worked_examples",), ("billing", "settlement", "schedule"), ("lp", "properties"))
DAILY: Stages = (
    ("daily/test_record.py", "daily/test_written.py", "daily/test_feed.py", "daily/test_feed_address.py"),
    ("daily/test_setpoints.py", "daily/test_on_change.py"),
    ("daily/test_history.py", "daily/test_watch.py"),
    ("daily/test_present.py",),
    ("daily/test_damage.py",),
    ("daily/test_job.py",),
)
CARRIED: Stages = (("test_carry.py", "daily/test_written.py"),)
THROUGH_TIME: Stages = (
    (
        "replanning/test_forecasts.py",
        "replanning/test_knowledge.py",
        "replanning/test_issues.py",
        "compare/test_policies.py",
    ),
    ("replanning/test_stepping.py",),
)
SIZES: Stages = (("market/test_sizes.py",),)
GRIDS: Stages = (("market/test_grid.py",),)
POWER: Stages = (("report/test_power.py", "audit/test_second_bill.py"),)
PAGES: Stages = (("report/test_backtest_page.py", "report/test_backtest_files.py"),)
CONVERSION: Stages = (
    ("worked_examples/test_conversion.py",),
    ("conversion/test_history.py", "conversion/test_storm.py", "conversion/test_flips.py"),
)
BY_FOLDER: dict[str, Stages] = {
    "optimizer/conversion/": CONVERSION,
    "optimizer/daily/": DAILY,
    "optimizer/carry.py": CARRIED,
    "optimizer/replanning/": THROUGH_TIME,
    "optimizer/policies/": THROUGH_TIME,
    "optimizer/market/grid.py": GRIDS,
    "optimizer/market/readers/sizes.py": SIZES,
    "optimizer/report/backtest": PAGES,
    "optimizer/report/power.py": POWER,
}
AT_A_TIME = 2
SECONDS = 300  # a mutant that hangs is noticed too

# A falsified property need not be shrunk: that a test fails is all that is asked
PROFILE = """
from hypothesis import Phase, settings
settings.register_profile("mutants", settings.default, max_examples=20, phases=[Phase.generate])
settings.load_profile("mutants")
"""


def misfits(mutations: tuple[Mutation, ...]) -> list[str]:
    """What is wrong with the table: text that the code does not hold exactly once."""
    found = []
    for mutation in mutations:
        times = (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.old)
        if times != 1:
            found.append(f"{mutation.file}: {mutation.old!r} stands there {times} times, not once")
    return found


def stages_of(mutation: Mutation) -> Stages:
    """The tests that a mutation is to be noticed by."""
    for folder, stages in BY_FOLDER.items():
        if mutation.file.startswith(folder):
            return stages
    return STAGES


def copy_project(folder: Path) -> Path:
    """A copy of the code, its tests and its samples that runs on its own."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis", "mutations", "benchmarks")
    for part in ("optimizer", "tests", "configs", "scenarios"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(PROFILE)
    return folder


def run_stage(folder: Path, stage: tuple[str, ...]) -> tuple[int, str]:
    """Pytest's exit code for some of the tests in a folder (0: all passed), and the first test that failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-W", "error", "--tb=no", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), *(f"tests/{name}" for name in stage)]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("CI", None)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return 1, f"nothing: the tests ran longer than {SECONDS} s"
    named = [line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return done.returncode, named[0] if named else done.stdout[-300:] + done.stderr[-300:]


def run_tests(folder: Path, stages: Stages) -> tuple[int, str]:
    """The same for all stages, up to the first that fails."""
    code, test = 0, ""
    for stage in stages:
        code, test = run_stage(folder, stage)
        if code:
            break
    return code, test


def noticed(mutation: Mutation | None, stages: Stages) -> tuple[int, str, float]:
    """Pytest's exit code with a mutation, or with none, the first test that failed, and the seconds it took."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = copy_project(Path(name))
        if mutation is not None:
            file = folder / mutation.file
            file.write_text(file.read_text(encoding="utf-8").replace(mutation.old, mutation.new), encoding="utf-8")
        code, test = run_tests(folder, stages)
    return code, test, time.monotonic() - begun


def main(arguments: list[str]) -> int:
    """Run the table; returns the exit code."""
    if arguments[:1] == ["--sample"]:
        chosen = tuple(random.Random(len(MUTATIONS)).sample(MUTATIONS, int(arguments[1])))
    else:
        chosen = tuple(m for m in MUTATIONS if not arguments or any(a in m.file or a in m.old for a in arguments))
    if wrong := misfits(MUTATIONS):
        print("the table does not fit the code:", *wrong, sep="\n  ")
        return 2
    survivors: list[Mutation] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        asked = [stages_of(mutation) for mutation in chosen]
        unchanged = [pool.submit(noticed, None, stages) for stages in dict.fromkeys(asked)]
        for mutation, (code, test, seconds) in zip(chosen, pool.map(noticed, chosen, asked), strict=True):
            if code == 0:
                survivors.append(mutation)
            verdict = {0: "SURVIVED", 1: "caught"}.get(code, f"pytest {code}")
            print(f"{verdict:9}{seconds:6.1f} s  {mutation.file}: {mutation.old}  ->  {mutation.new}", flush=True)
            print(f"{'':19}{test.removeprefix('FAILED ')}" if code else "", flush=True)
        found = [future.result() for future in unchanged]
    for code, test, _ in found:
        if code:
            print(f"the tests fail without any mutation, so that one is noticed means nothing: {test}")
            return 2
    seconds = sum(seconds for _, _, seconds in found)
    print(
        f"{len(chosen) - len(survivors)} of {len(chosen)} mutants caught; unchanged, the tests pass in {seconds:.0f} s"
    )
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
