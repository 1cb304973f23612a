"""The command line: parse, call one function, print, exit code. Prose goes to stderr, data to stdout."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from optimizer.errors import CurtailError

_YOUNG = 500_000  # objects between looks for garbage, of which a command makes little: of the time of a short plan, 12%
_UNTOUCHED = "interrupted; what stood in the output folder is untouched"
_INTERRUPTED = 130  # what typer makes of a KeyboardInterrupt, without a word


def _say(text: str) -> None:
    from optimizer.cli.shared import say

    say(text)


def main() -> None:
    """Run the command line; every failure ends in a sentence and an exit code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to seek them reads what is said of every package
    gc.set_threshold(_YOUNG)
    atexit.register(gc.freeze)  # what is left when a command has ended, the system takes back at once
    try:
        from optimizer.cli.app import app  # here, so that an interrupt while it is read ends in a sentence too

        app(standalone_mode=True)
    except KeyboardInterrupt:
        _say(_UNTOUCHED)
        sys.exit(1)
    except CurtailError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except MemoryError:
        _say("there is not enough memory for this: plan fewer or longer intervals, or keep fewer rows in its files")
        sys.exit(1)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        _say(_UNTOUCHED)
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CURTAIL_DEBUG"):
            raise
        what = f"unexpected: {type(error).__name__}: {error}"
        _say(f"{what}. Set CURTAIL_DEBUG=1 for the traceback, and please report it")
        sys.exit(1)
