"""Broken farm files by the thousand, from a seed: what people, editors and disks do to a file, and worse."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.config.yaml12 import parse

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
FARMS = ("west_texas.yaml", "fixed_tariff_12mw.yaml", "hydro_cooled.yaml")

VALUES: tuple[Any, ...] = (
    *(None, True, False, "", " ", "no", "14:00", "normal", "a/b", "\u2028", "\x00", "x" * 5_000, "é" * 61),
    *(0, -1, 1, 3.5, -0.0, 1e-300, 1e308, -1e308, 10**30, 10**59, 2**63, -(2**63), float("nan")),
    *(float("inf"), float("-inf"), [], {}, [[]], [{}], {"": 0}, {"file": 3}, {"file": "no such file.csv"}),
    *({"file": "."}, {"file": "\x00"}, {"file": "x" * 5_000}, {"form": "to_level"}, {"form": "full_stop"}),
    *("2026-02-30", "2026-02-11 24:00", "0001-01-01", "9999-12-31 23:59", "2026-03-08 02:30"),
    *("2026-11-01 01:30", "2026-02-11T06:00:00+23:59", "2026-02-11 06:00:00-00:00:30", "-1"),
)
EDGES: tuple[dict[str, Any], ...] = (  # what a section may just have, or just may not; `group` is any of the fleet
    *({"revenue.pool_fee_share": share} for share in (1, 1.0000001)),
    *({"revenue.subsidy_btc": btc} for btc in (0, 3.125)),
    *({"revenue": {"hashprice_usd_per_ph_day": 0, **more}} for more in ({}, {"btc_price_usd": 66680.4})),
    *({"group.standby_w": watts} for watts in (2185, 2186, 3068, 5675.9, 5676, 1e6)),
    *({"group.units_switched_together": 7, "group.starts_per_hour": rate} for rate in (0.5, 6.9, 7)),
    *({"site.import_limit_mw": mw} for mw in (0, 0.4)),
    *({where: name} for where in ("name", "group.name") for name in ("=1+1", "-Hall", "Hall \u202e", "\u5317 \u26a1")),
    # The clock skips midnight in Cairo on 24 April 2026, in Havana on 8 March 2026.
    *({"timezone": "Africa/Cairo", "horizon.start": f"2026-04-{time}"} for time in ("23 12:00", "24 00:00")),
    *({"timezone": "America/Havana", "horizon.start": f"2026-03-{time}"} for time in ("07 12:00", "08 00:00")),
)
SNIPPETS = (
    *(".nan", ".inf", "-.inf", "1e999", "-1", "0", "010", "0o10", "0x1F", "1_000", "9" * 50, "9" * 5_000),
    *("~", "!!binary x", "!python/object:os.system x", "!!int x", "*nowhere", "&a [*a]", "{", "}", "[", "'"),
    *('"', "|", ">", "%", "@", "`", "- - -", "? x", "<<: *freeze", ": :", "\t", "---", "...", "\ufeff", "#"),
    *("2026-02-30", "24:00", "[" * 200, "[" * 50 + "]" * 50, "{a: " * 60, "- " * 60, "\u2028", "\x85"),
)


def mutants(seed: int, count: int, texts: Sequence[str] | None = None) -> Iterator[bytes]:
    """``count`` mutated files, the same for the same seed; of the sample farms when no texts are given."""
    dice = random.Random(seed)
    texts = texts or [(CONFIGS / name).read_text(encoding="utf-8") for name in FARMS]
    datas = [parse(text).data for text in texts]
    for number in range(count):
        which = dice.randrange(len(texts))
        if number % 500 == 499:
            yield _giant(dice, texts[which])
        elif dice.random() < 0.5:
            yield _of_data(dice, datas[which])
        else:
            text = texts[which]
            for _ in range(dice.choice((1, 1, 1, 2, 5))):
                text = dice.choice(TEXT_MUTATIONS)(dice, text)
            data = text.encode("utf-8", "surrogatepass")
            yield _bytes(dice, data) if dice.random() < 0.15 else data


def _of_data(dice: random.Random, data: Any) -> bytes:
    """Change a value, a key or a list anywhere in the data; JSON is YAML too."""
    changed = json.loads(json.dumps(data))
    edge = "fleet" in changed and dice.random() < 0.3
    if edge:
        dice.choice((_edge, _edge, _carried_in, _carried_in, _contract, _contract))(dice, changed)
    for _ in range(dice.choice((0, 0, 1, 2) if edge else (1, 1, 2, 4))):
        where: list[tuple[Any, Any]] = []
        todo = [changed]
        while todo:
            part = todo.pop()
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            where += [(part, key) for key in keys]
            todo += [part[key] for key in keys if isinstance(part[key], dict | list)]
        if not where:
            break
        part, key = dice.choice(where)
        other, other_key = dice.choice(where)
        action = dice.randrange(6)
        if action <= 2:
            part[key] = json.loads(json.dumps(dice.choice(VALUES)))
        elif action == 3:
            del part[key]
        elif action == 4:  # swap with, or copy of, another part
            part[key] = json.loads(json.dumps(other[other_key]))
        elif isinstance(part, dict):
            part[dice.choice((str(key)[:-1], f"{key}s", str(key).upper(), "", "?"))] = part.pop(key)
        else:
            part.append(part[key])
    text = json.dumps(changed, ensure_ascii=dice.random() < 0.5)
    for word, meaning in (("-Infinity", "-.inf"), ("Infinity", ".inf"), ("NaN", ".nan")):
        text = text.replace(word, meaning)
    return text.encode("utf-8", "surrogatepass")


def _edge(dice: random.Random, data: Any) -> None:
    """Set what one entry of `EDGES` says."""
    group = dice.choice(data["fleet"])
    for path, value in dice.choice(EDGES).items():
        section, _, key = path.rpartition(".")
        part = group if section == "group" else data[section] if section else data
        part[key] = value


def _carried_in(dice: random.Random, data: Any) -> None:
    """A state of before, at or after the start, that adds up or does not."""
    group, start = dice.choice(data["fleet"]), datetime.fromisoformat(data["horizon"]["start"])
    counts = (0, 1, group["units"] // 2, group["units"], group["units"] + 1, -1)

    def time() -> str:
        return str(start + timedelta(hours=dice.choice((-960, -2, -1, -0.25, 0, 0, 1))))

    def switched() -> list[dict[str, Any]]:
        return [{"at": time(), "units": dice.choice((1, 1, *counts))} for _ in range(dice.choice((0, 1, 1, 2)))]

    before = {"running": dice.choice(counts[:5]), "started": switched(), "stopped": switched()}
    data["state"] = {"at": time(), "groups": {group["name"]: before}, "grid_import_mw": dice.choice((0, 10, 1e9))}
    if dice.random() < 0.1:
        del data["state"]["at"]


def _contract(dice: random.Random, data: Any) -> None:
    """Rates, charges and a bill so far that fit together, but for what is wrong in about half of them."""
    wrong = {dice.randrange(14) for _ in range(dice.choice((0, 0, 1, 2)))}

    def either(number: int, well: Any, ill: Any) -> Any:
        return ill if number in wrong else well

    week = ["mon", "tue", "wed", "thu", "fri"]
    hours = [{"start": 7, "end": either(0, either(5, 23, 24), 7)}]
    on_peak = {"hours": hours, "days": [*week, *either(1, (), ("holiday",))]}
    off_peak = {"any_of": [{"hours": [{"start": either(2, 0, 2), "end": either(3, 7, 8)}]}, {"days": ["sat", "sun"]}]}
    rates = {
        "rates": [
            {"name": "On-peak", "usd_per_mwh": 80, "when": on_peak},
            {"name": either(4, "Off-peak", "On-peak"), "usd_per_mwh": 20, "when": off_peak},
        ],
        **either(5, {"otherwise_usd_per_mwh": 40}, {}),
    }
    ratchet = {"share": 0.8, "months": 11, **either(6, {"first_month": "2026-02"}, {"first_month": "2026-2"})}
    if 7 in wrong:
        del ratchet["first_month"]
    data["energy"] |= {
        "price_usd_per_mwh": dice.choice((rates, rates, 40)),
        "holidays": either(
            8, dice.choice((None, "nerc", "US-TX", ["2026-02-16"])), dice.choice(("US-TO", ["16.2."], 7))
        ),
        "tiers": [{"name": "Tier 2", "above_mwh_per_month": 500, "adds_usd_per_mwh": either(9, 4, -4)}],
        "demand": [{"name": "Peak", "usd_per_kw": 9, "when": on_peak, "ratchet": ratchet}],
        "blocks": [
            {"name": "B", "mw": 5, "price_usd_per_mwh": 30, "end": either(10, "2027-01-01", "2026-03-08 02:30")}
        ],
    }
    bill = {"peaks_mw": {either(11, "Peak", "Peek"): 10}, "past_peaks_mw": either(12, {}, {"Peak": {"2026": 12}})}
    data["state"] = {"bill": bill, **either(13, {"at": data["horizon"]["start"]}, {})}


def _value(dice: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=: )[^\n#{}]+", text))
    if not found:
        return text
    spot = dice.choice(found)
    return text[: spot.start()] + dice.choice(SNIPPETS) + text[spot.end() :]


def _lines(dice: random.Random, text: str) -> str:
    """Delete, double, indent, outdent, move or misspell a line."""
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    line = lines[at]
    action = dice.randrange(6)
    if action == 5:
        lines.insert(dice.randrange(len(lines)), lines.pop(at))
    else:
        shorter = line[:2] + line[3:]
        lines[at : at + 1] = ([], [line, line], ["  " + line], [line[1:]], [shorter])[action]
    return "\n".join(lines)


def _sections(dice: random.Random, text: str) -> str:
    """Top-level sections in another order, one of them lost or doubled."""
    parts = re.split(r"\n(?=[a-z])", text)
    dice.shuffle(parts)
    return "\n".join(parts[: dice.randrange(len(parts) + 1)] + parts[: dice.randrange(2)])


def _insert(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(SNIPPETS) + text[at:]


def _cut(dice: random.Random, text: str) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _cycle(dice: random.Random, text: str) -> str:
    """A section that contains itself, or a bomb of aliases."""
    if dice.random() < 0.5:
        return re.sub(r"(?m)^(site|revenue|energy|fleet):", r"\1: &loop", text, count=1) + "\nstate: {groups: *loop}\n"
    levels = "".join(f"b{i + 1}: &b{i + 1} [{', '.join([f'*b{i}'] * 9)}]\n" for i in range(9))
    return text + "\nb0: &b0 [x]\n" + levels


def _deep(dice: random.Random, text: str) -> str:
    levels = dice.choice((20, 39, 41, 200, 20_000))
    nested = dice.choice(("[" * levels + "]" * levels, "{a: " * levels + "}" * levels, "- " * levels + "x"))
    return re.sub(r"(?m)^(site|events|state|horizon):.*$", lambda found: f"{found[1]}: {nested}", text, count=1)


TEXT_MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (
    *(_value, _value, _value, _lines, _lines, _lines),
    *(_sections, _insert, _cut, _cycle, _deep),
)


def _bytes(dice: random.Random, data: bytes) -> bytes:
    """Bits that rot, other encodings, plain noise."""
    action = dice.randrange(4)
    if action == 0 or not data:
        return dice.randbytes(dice.randrange(2_000))
    if action == 1:
        return data.decode("utf-8", "replace").encode("utf-16")
    rotten = bytearray(data)
    for _ in range(dice.randrange(1, 10)):
        rotten[dice.randrange(len(rotten))] = dice.randrange(256)
    return bytes(rotten)


def _giant(dice: random.Random, text: str) -> bytes:
    """Ten megabytes, or what just passes the limit on size."""
    filler = dice.choice(("# comment\n", "x: 1\n", "- [[[[\n", "  - {name: A, model: B, units: 3}\n", "\x00"))
    size = dice.choice((10_000_000, 1_900_000))
    return (text + "\n" + filler * (size // len(filler))).encode()
