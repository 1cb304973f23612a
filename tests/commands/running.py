"""Running the real command in a subprocess."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
WEST_TEXAS = CONFIGS / "west_texas.yaml"


def curtail(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``curtail`` with these arguments and wait for it."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "optimizer.cli", *map(str, arguments)],
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
