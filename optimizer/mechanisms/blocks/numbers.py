"""Blocks: sizes and prices, and the intervals below zero in which they are taken before spot."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map, Subset
from optimizer.engine.parts import LOOSE_MW, Part, where
from optimizer.mechanisms.blocks.config import Block

_NOTHING_MW = 1e-9


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    market, blocks, n = c.market, c.farm.sections(Block), len(c.grid)
    sizes = np.array([market.block_mw[block.name] for block in blocks]).reshape(len(blocks), n)
    resale = np.array([block.resale is not None for block in blocks], dtype=np.bool_)
    fees = np.array([0.0 if block.resale is None else block.resale.fee_usd_per_mwh for block in blocks])
    limits = (None if block.resale is None else block.resale.cap_usd_per_mwh for block in blocks)
    caps = np.array([np.inf if cap is None else cap for cap in limits])
    prices = np.array([market.block_price_usd_per_mwh[block.name] for block in blocks]).reshape(len(blocks), n)
    # At a price below zero it would pay to buy at spot beside a block that is kept: only what lies beyond it may be
    kept = sizes[~resale].sum(axis=0)
    below_zero = (market.energy_price_usd_per_mwh < 0) & (kept > 0)
    beyond = (1.0 + c.farm.energy.loss_share) * c.most_import_mw - kept
    chosen = where(below_zero & (beyond > _NOTHING_MW))
    sets: dict[str, AnySet] = {
        "BLOCKS": LabelSet(tuple(block.name for block in blocks)),
        "KEPT_BLOCKS": Subset("BLOCKS", where(~resale)),
        "RESALE_BLOCKS": Subset("BLOCKS", where(resale)),
        "KEPT_BELOW_ZERO": LabelSet(tuple(chosen.tolist())),
        "interval_of_kept": Map("INTERVALS", ("KEPT_BELOW_ZERO",), chosen),
    }
    return sets, {
        "block_mw": sizes,
        "block_usd_per_mwh": prices,
        "resale_limit_mw": np.where(resale, np.inf, 0.0)[:, None] + np.zeros((len(blocks), n)),
        "resale_usd_per_mwh": np.minimum(market.energy_price_usd_per_mwh, caps[:, None]),
        "resale_fee_usd_per_mwh": fees,
        "spot_limit_mw": np.where(below_zero & (beyond <= _NOTHING_MW), 0.0, np.inf),
        "kept_mw": kept[chosen],
        "beyond_kept_mw": beyond[chosen] + LOOSE_MW,
    }
