"""The command for calls that come by telephone: `call`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.shared import Json, option_time, option_utc, say


def call(
    state: Annotated[
        Path, typer.Option("--state", metavar="DIR", envvar="CURTAIL_STATE", help="The farm's state folder.")
    ] = Path("state"),
    to: Annotated[
        str | None, typer.Option("--to", metavar="MW|stop", help="Import at most so many MW, or stop every machine.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="MW", help="Import so many MW less than at full load.")
    ] = None,
    begins: Annotated[str, typer.Option("--from", metavar="TIME", help='"now", 10:00 or "2026-02-11 10:00".')] = "now",
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="When it ends; an hour is the next such.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call it.")] = None,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End the call of that --name, or all that are not over.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the calls that are not over.")] = False,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="As if it were this time.")] = None,
    as_json: Json = False,
) -> None:
    """Put a call that came by telephone into force, without editing the farm file; `--cancel` ends it."""
    from optimizer.config.clock import to_utc
    from optimizer.daily.orders import last_telephone, telephone_now
    from optimizer.daily.telephone import add_call, call_line, cancel_calls, cut_of, span_of
    from optimizer.daily.whose import whose
    from optimizer.errors import InputError

    farm = whose(state)
    for line in farm.messages:
        say(line)
    given = option_time(at, "--at")
    now = datetime.now(UTC) if given is None else option_utc(given, farm.timezone, "--at")
    if sum((listed, cancel, to is not None or by is not None)) != 1:
        raise InputError("say one thing: --to or --by with --until, --cancel, or --list")
    if listed:
        calls, messages = telephone_now(state, farm.timezone, last_telephone(state))
        shown = [one for one in calls if to_utc(one.end, farm.timezone) > now]
        for line in messages:
            say(line)
    elif cancel:
        shown = list(cancel_calls(state, farm.timezone, now, name, say))
    else:
        cut = cut_of(to, by)
        if until is None:
            raise InputError("--until is missing: when does the call end? It can be ended sooner with --cancel")
        start, end = span_of(begins, until, now, farm.timezone)
        shown = [add_call(state, farm.timezone, now, cut, start, end, name, say)]
        _remark(state, cut)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json", exclude_defaults=True) for one in shown]))
        return
    for one in shown:
        typer.echo(call_line(one, farm.timezone))
    if listed:
        if not shown:
            say("no telephone call is in force or to come")
        return
    done = "ended" if cancel else "in force"
    say(f"{done} from the next run on: `curtail watch` looks by itself; else run now\n")
    say(f"curtail daily {farm.file} --state {state}")


def _remark(state: Path, cut: dict[str, Any]) -> None:
    """Say where a call that is in force by now asks for more than the farm draws."""
    from optimizer.daily.folder import StateFolder
    from optimizer.daily.telephone import beyond_full_load
    from optimizer.daily.whose import most_mw

    try:
        record = StateFolder(state).newest()
        remark = None if record is None else beyond_full_load(cut, most_mw(record))
    except Exception:  # a remark takes back no call
        return
    if remark is not None:
        say(remark)
