"""Walk through days: ``python -m tests.daily.walk SEED... [-v]``; ends with 1 where anything was wrong."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence

import optimizer.daily.job
import optimizer.daily.watch
import optimizer.plan.planning  # noqa: F401  # so that every fork is warm
from tests.daily.walk.day import walk

MOST_TOLD = 6  # faults of one day


def main(seeds: Sequence[int], aloud: bool) -> int:
    """Walk; print what was wrong with the seed it takes to see it again."""
    begun, bad, count = time.monotonic(), 0, Counter[str]()
    for seed in seeds:
        try:
            day = walk(seed)
        except Exception:
            print(f"seed {seed}: the walk itself failed\n{traceback.format_exc()}")
            bad += 1
            continue
        count += day.count
        if day.wrong or aloud:
            print(f"seed {seed}: python -m tests.daily.walk {seed} -v")
            print("\n".join(f"    {line}" for line in day.told if aloud or not line.startswith("   ")))
            told = day.wrong if aloud else day.wrong[:MOST_TOLD]
            print("\n".join(f"  WRONG {line}" for line in told), flush=True)
        bad += bool(day.wrong)
    print(f"{len(seeds)} days, {bad} wrong, {time.monotonic() - begun:.0f} s; {dict(sorted(count.items()))}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:] if word != "-v"], "-v" in sys.argv))
