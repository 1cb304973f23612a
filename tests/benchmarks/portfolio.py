"""A portfolio planned again at every hour: one worker against two, and what memory that takes.

``python -m tests.benchmarks.portfolio FOLDER SITES HOURS WORKERS`` prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from tests.benchmarks.instance import START, write_instance
from tests.benchmarks.processes import run

GROUPS, LOOK_AHEAD_HOURS = 12, 36
FULL, QUICK = (60, 168), (4, 24)  # sites, hours
_HOURS_BEFORE = 7 * 24  # of prices, for the forecast


def portfolio_benchmark(folder: Path, full: bool) -> dict[str, Any]:
    """The same portfolio by one worker and by two, and a tenth of its sites for what a site adds to the memory."""
    sites, hours = FULL if full else QUICK
    write_sites(folder, sites, hours)
    found: dict[str, Any] = {
        "full": full,
        "sites": sites,
        "groups": GROUPS,
        "hours": hours,
        "load": [os.getloadavg()[0]],
    }
    for name, count, workers in (("one", sites, 1), ("two", sites, 2), ("few", max(sites // 10, 1), 2)):
        said = run("-m", "tests.benchmarks.portfolio", str(folder), str(count), str(hours), str(workers))
        found[name] = json.loads(said.output.splitlines()[-1])
    found["load"].append(os.getloadavg()[0])
    more = found["two"]["mb"] - found["few"]["mb"]
    found["mb_per_site"] = more / (sites - found["few"]["sites"])
    found["speedup"] = found["one"]["seconds"] / found["two"]["seconds"]
    found["usd_apart"] = abs(found["one"]["profit_usd"] - found["two"]["profit_usd"])
    return found


def write_sites(folder: Path, sites: int, hours: int) -> None:
    """Farms of the benchmark, each with prices of its own place: those of the benchmark, a little dearer each."""
    file = write_instance(folder, hours + _HOURS_BEFORE + LOOK_AHEAD_HOURS, GROUPS)
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    data["horizon"] = {"hours": LOOK_AHEAD_HOURS, "intervals": [{"minutes": 60}]}
    data["replanning"] = {"forecast": {"kind": "same_hour_last_week"}}
    for site in range(sites):
        data["name"], data["energy"]["adders_usd_per_mwh"] = f"Site {site}", 5 + site / 10
        (folder / f"site_{site}.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def measured(folder: Path, sites: int, hours: int, workers: int) -> dict[str, Any]:
    """Seconds from the portfolio's file to every site's account, and the peak memory of this process and a worker."""
    from optimizer.files.digest import digest
    from optimizer.portfolio.load import load_portfolio
    from optimizer.portfolio.replaying import read_replays, replay
    from optimizer.portfolio.store import PortfolioStore

    begin = START + timedelta(hours=_HOURS_BEFORE)
    listed = [{"name": f"Site {site}", "farm": f"site_{site}.yaml"} for site in range(sites)]
    file, kept = folder / f"portfolio_{sites}.yaml", folder / f"{sites}_{workers}.sqlite"
    told = {"name": "Benchmark", "start": begin.isoformat(), "hours": hours, "sites": listed}
    file.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    began = perf_counter()
    replays, shared = read_replays(load_portfolio(file), None, None)
    store = PortfolioStore(kept, digest(replays, shared))
    found = replay(replays, shared, store, workers=workers, dask=None, counted=lambda _done, _of: None)
    seconds = perf_counter() - began
    store.close()
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"sites": sites, "workers": workers, "seconds": seconds, "mb": own, "mb_of_a_worker": child,
            "profit_usd": found.profit_usd}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), *map(int, sys.argv[2:5]))))
