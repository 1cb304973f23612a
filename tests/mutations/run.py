"""Check that the tests can fail: run the fast tests on each mutant of the rules, the accounts and the checks.

``python -m tests.mutations.run`` prints a row per mutant and ends with 1 when one survives that is not listed as
equivalent. ``--sample 60`` takes so many, as many of each kind, by ``--seed``: always the same while the code is.
Further arguments choose the mutants whose file and function contain them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, zip_longest
from pathlib import Path
from queue import SimpleQueue

from tests.mutations.equivalent import EQUIVALENT
from tests.mutations.operators import Mutant
from tests.mutations.targets import KINDS, ROOT, all_mutants, noticed_by

AT_A_TIME = 2
SECONDS = 600  # of the processor, however busy it is: a mutant that hangs is noticed too
# imported once, before the processes that run the tests fork off; nothing of the project itself
LIBRARIES = [
    "hypothesis",
    "pandas",
    "pydantic",
    "pyomo.contrib.appsi.solvers",
    "pyomo.environ",
    "pytest",
    "scipy.sparse",
]
PROFILE = """
from hypothesis import Phase, settings
settings.register_profile("mutants", settings.default, max_examples=20, phases=[Phase.generate])
settings.load_profile("mutants")
"""


def copy_project(folder: Path) -> Path:
    """A copy of the code, its tests and its samples that runs on its own."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis", "mutations", "benchmarks")
    for part in ("optimizer", "tests", "configs", "scenarios"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(PROFILE)  # a falsified property need not be shrunk: that a test fails is all that is asked
    return folder


def run_tests(folder: Path, tests: Sequence[str]) -> None:
    """Run pytest in a folder, up to the first failure; the exit code of the process is pytest's."""
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.chdir(folder)
    os.environ["CURTAIL_WHOLE"] = "1"  # every example that a test asks for
    os.environ["PYTHONPATH"] = str(folder)
    sys.dont_write_bytecode = False  # the copy's own
    sys.path.insert(0, str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] in ("optimizer", "tests")]:
        del sys.modules[name]  # of the project that this runs in
    arguments = ["-x", "-q", "-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning", "--tb=no"]
    arguments += ["-p", "no:cacheprovider", "--doctest-modules", "-c", os.devnull, "--rootdir", str(folder)]
    code = 0
    with (folder / "said").open("w", encoding="utf-8") as said, contextlib.redirect_stdout(said):
        for n, test in enumerate(tests):  # one by one, so that the last are not even imported where the first fail
            code = code or int(pytest.main([*arguments, test, *(f"--ignore={earlier}" for earlier in tests[:n])]))
    os._exit(code)


class Bench:
    """Copies of the project in which mutants run, one after the other in each."""

    def __init__(self, folder: Path) -> None:
        self.folders: SimpleQueue[Path] = SimpleQueue()
        for n in range(AT_A_TIME):
            self.folders.put(copy_project(folder / str(n)))
        self.processes = multiprocessing.get_context("forkserver")
        self.processes.set_forkserver_preload(LIBRARIES)

    def noticed(self, mutant: Mutant | None, tests: Sequence[str]) -> tuple[int, str, float]:
        """Pytest's exit code with a mutant, or with none, the first test that failed, and the seconds it took."""
        begun, folder = time.monotonic(), self.folders.get()
        if mutant is not None:
            self._write(folder, mutant.file, mutant.text)
        (folder / "said").write_text("the tests did not run", encoding="utf-8")
        process = self.processes.Process(target=run_tests, args=(folder, tests))
        process.start()
        process.join()
        code = process.exitcode or 0
        said = (folder / "said").read_text(encoding="utf-8")
        named = [line.split(" - ")[0] for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if code > 0 and not named:
            raise RuntimeError(f"no test failed, but the tests could not be run: {said}")
        test = named[0].split(" ", 1)[1] if named else "" if code == 0 else f"nothing within {SECONDS} s"
        if mutant is not None:
            self._write(folder, mutant.file, (ROOT / mutant.file).read_text(encoding="utf-8"))
        self.folders.put(folder)
        return code, test, time.monotonic() - begun

    def _write(self, folder: Path, file: str, text: str) -> None:
        path = folder / file
        path.write_text(text, encoding="utf-8")
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()  # of the same second and size it would pass for this text's


def chosen(arguments: argparse.Namespace) -> list[Mutant]:
    """The mutants to run: all that are asked for, or a sample with the kinds in turn."""
    asked = [
        (kind, mutant)
        for kind, mutant in all_mutants()
        if mutant.key not in EQUIVALENT and all(part in f"{mutant.file} {mutant.function}" for part in arguments.part)
    ]
    if arguments.sample is None:
        return [mutant for _, mutant in asked]

    def drawn(mutant: Mutant) -> bytes:  # by what it is, so that an edit changes no other draw
        return hashlib.sha256(repr((arguments.seed, mutant.key)).encode()).digest()

    by_kind = [sorted((m for kind, m in asked if kind == one), key=drawn) for one in KINDS]
    in_turn = chain.from_iterable(zip_longest(*by_kind))
    return [mutant for mutant in in_turn if mutant is not None][: arguments.sample]


def main(arguments: argparse.Namespace) -> int:
    """Run the mutants; returns the exit code."""
    run = chosen(arguments)
    survivors: list[Mutant] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(AT_A_TIME) as pool:
        bench = Bench(Path(name))
        asked = [noticed_by(mutant.file) for mutant in run]
        unchanged = pool.submit(bench.noticed, None, list(dict.fromkeys(chain.from_iterable(asked))))
        for mutant, (code, test, seconds) in zip(run, pool.map(bench.noticed, run, asked), strict=True):
            if code == 0:
                survivors.append(mutant)
            verdict = {0: "SURVIVED", 1: "caught"}.get(code, f"ended {code}")
            place = f"{mutant.file}:{mutant.line} {mutant.function}"
            print(f"{verdict:9}{seconds:6.1f} s  {place}: {mutant.old}  ->  {mutant.new}", flush=True)
            print(f"{'':19}{test}" if code else "", flush=True)
        code, test, _ = unchanged.result()
    if code:
        print(f"the tests fail without any mutation, so that one is noticed means nothing: {test}")
        return 2
    print(f"{len(run) - len(survivors)} of {len(run)} mutants caught; {len(EQUIVALENT)} are listed as equivalent")
    return 1 if survivors or not run else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", nargs="*")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    raise SystemExit(main(parser.parse_args()))
