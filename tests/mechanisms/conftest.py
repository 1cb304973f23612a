"""What only a process with the made-up mechanism can collect."""

from __future__ import annotations

from optimizer.mechanisms import contents

collect_ignore = ["folders", "installed.py"] + ([] if "pond" in contents.MECHANISMS else ["within.py"])
