"""Coincident peaks: where each of a year's may lie, and what the import there is charged."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, RangeSet, Subset
from optimizer.engine.parts import Part, in_a_row
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.mechanisms.tags.facts import tags


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    charges, billed = c.farm.sections(CoincidentPeak), tags(c)
    labels: dict[str, AnySet] = {"TAGS": LabelSet(tuple((charges[tag.charge].name, str(tag.year)) for tag in billed))}
    case_sets, cases = _cases(c)
    return labels | case_sets, cases | {
        "tag_weight": np.array([tag.weight for tag in billed]).reshape(len(billed), len(c.grid)),
        "tag_usd_per_mw": np.array([tag.rate_usd_per_mw for tag in billed]),
    }


def _cases(c: Conditions) -> Part:
    """Every place of every peak on which the plan has a say, of tags with a floor; rows of a tag stand together."""
    billed, grid = tags(c), c.grid
    at = [(k, case) for k, tag in enumerate(billed) for case in tag.cases if len(case.shares) or len(tag.chances) > 1]
    several = [(k, tag) for k, tag in enumerate(billed) if tag.cases and len(tag.chances) > 1]
    peaks = [(k, p) for k, tag in several for p in range(len(tag.chances))]
    first = np.array([case.first for _, case in at], dtype=np.int64)
    stop = first + np.array([len(case.shares) for _, case in at], dtype=np.int64)
    other = np.array([peaks.index((k, case.peak)) if (k, case.peak) in peaks else 0 for k, case in at], dtype=np.int64)
    shared = np.array([(k, case.peak) in peaks for k, case in at], dtype=np.int64)
    hours = [float(grid.hours[i:j].sum()) if j > i else 1.0 for i, j in zip(first, stop, strict=True)]
    floored = np.array([bool(tag.cases) for tag in billed], dtype=np.bool_)
    sets: dict[str, AnySet] = {
        "PLAIN_TAGS": Subset("TAGS", np.flatnonzero(~floored)),
        "FLOORED_TAGS": Subset("TAGS", np.flatnonzero(floored)),
        "CASES": LabelSet(tuple(range(len(at)))),
        "SHARED_PEAKS": LabelSet(tuple(range(len(peaks)))),
        "INTERVALS_OF_CASE": RangeSet("INTERVALS", ("CASES",), first, stop),
        "OTHERS_OF_CASE": RangeSet("SHARED_PEAKS", ("CASES",), other, other + shared),
        "CASES_OF_TAG": in_a_row("TAGS", "CASES", [sum(k == tag for k, _ in at) for tag in range(len(billed))]),
    }
    return sets, {
        "case_hours": np.array(hours),
        "case_peaks": np.array([float(billed[k].count) for k, _ in at]),
        "case_chance": np.array([case.chance for _, case in at]),
        "case_elsewhere_mw": np.array([case.elsewhere_mw for _, case in at]),
        "case_floor_mw": np.array([case.floor_mw for _, case in at]),
        "others_chance": np.array([billed[k].others(p) for k, p in peaks]).reshape(len(peaks), len(grid)),
    }
