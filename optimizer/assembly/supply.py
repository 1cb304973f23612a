"""Where energy comes from: blocks, suppliers, spot."""

from __future__ import annotations

import numpy as np

from optimizer.assembly.charges import hours_of
from optimizer.assembly.parts import LOOSE_MW, Part, where
from optimizer.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map, Subset

_NOTHING_MW = 1e-9


def supply(c: Conditions) -> Part:
    """Sets and parameters of ``lp/rules/supply.py``."""
    energy, market, n = c.farm.energy, c.market, len(c.grid)
    billed = 1.0 + energy.loss_share
    blocks = energy.blocks
    sizes = np.array([market.block_mw[block.name] for block in blocks]).reshape(len(blocks), n)
    resale = np.array([block.resale is not None for block in blocks], dtype=np.bool_)
    fees = np.array([0.0 if block.resale is None else block.resale.fee_usd_per_mwh for block in blocks])
    prices = np.array([market.block_price_usd_per_mwh[block.name] for block in blocks]).reshape(len(blocks), n)
    suppliers, takes = energy.supplies, c.billing.takes
    take_sets, take_of_hour, take_hours = hours_of(takes, "TAKES", "TAKE_HOURS", "HOURS_OF_TAKE")
    minimum = [suppliers[take.item].minimum_take for take in takes]
    supplier = np.array([take.item for take in takes], dtype=np.int64)[take_of_hour]
    sets: dict[str, AnySet] = {
        "SUPPLIES": LabelSet(tuple(one.name for one in suppliers)),
        "TAKES": LabelSet(tuple((suppliers[take.item].name, c.billing.periods[take.period].label) for take in takes)),
        **take_sets,
        "supply_of_take": Map("SUPPLIES", ("TAKE_HOURS",), supplier),
        "BLOCKS": LabelSet(tuple(block.name for block in blocks)),
        "KEPT_BLOCKS": Subset("BLOCKS", where(~resale)),
        "RESALE_BLOCKS": Subset("BLOCKS", where(resale)),
    }
    # At a price below zero it would pay to buy at spot beside a block that is kept: only what lies beyond it may be
    kept = sizes[~resale].sum(axis=0)
    below_zero = (market.energy_price_usd_per_mwh < 0) & (kept > 0)
    beyond = billed * c.most_import_mw - kept
    chosen = where(below_zero & (beyond > _NOTHING_MW))
    sets["KEPT_BELOW_ZERO"] = LabelSet(tuple(chosen.tolist()))
    sets["interval_of_kept"] = Map("INTERVALS", ("KEPT_BELOW_ZERO",), chosen)
    return sets, {
        "energy_usd_per_mwh": market.energy_price_usd_per_mwh,
        "billed_share": np.array(billed),
        "adders_usd_per_mwh": billed * market.adders_usd_per_mwh,
        "block_mw": sizes,
        "block_usd_per_mwh": prices,
        "resale_limit_mw": np.where(resale, np.inf, 0.0)[:, None] + np.zeros((len(blocks), n)),
        "resale_fee_usd_per_mwh": fees,
        "supply_limit_mw": np.array([market.supply_limit_mw[one.name] for one in suppliers]).reshape(-1, n),
        "supply_usd_per_mwh": np.array([market.supply_price_usd_per_mwh[one.name] for one in suppliers]).reshape(-1, n),
        "take_mwh_per_mw": take_hours,
        "take_left_mwh": np.array([take.amount for take in takes]),
        "take_shortfall_usd_per_mwh": np.array([0.0 if m is None else m.shortfall_usd_per_mwh for m in minimum]),
        "spot_limit_mw": np.where(below_zero & (beyond <= _NOTHING_MW), 0.0, np.inf),
        "kept_mw": kept[chosen],
        "beyond_kept_mw": beyond[chosen] + LOOSE_MW,
        "source_usd_per_mwh": np.array([] if energy.onsite is None else [energy.onsite.cost_usd_per_mwh]),
        "export_usd_per_mwh": market.export_price_usd_per_mwh,
    }
