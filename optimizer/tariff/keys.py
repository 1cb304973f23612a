"""Every key of a rate that is known: what is read, what only informs, what is refused and why.

Names are those of the API of the Utility Rate Database, version 8, in small letters
(https://openei.org/services/doc/rest/util_rates/?version=8). Files of the database's bulk download and of tools that
pass its rates on write some of them otherwise.
"""

from __future__ import annotations

_OTHERWISE = {
    "flatdemandunits": "flatdemandunit",
    "demandrateunits": "demandrateunit",
    "demandreactpwrcharge": "demandreactivepowercharge",
    "supercedes": "supersedes",
    "sourcereference": "source",
    "ratename": "name",
    "utilityname": "utility",
    "effectivedate": "startdate",
    "mindemand": "peakkwcapacitymin",
    "demandmin": "peakkwcapacitymin",
    "maxdemand": "peakkwcapacitymax",
    "demandmax": "peakkwcapacitymax",
    "demandhist": "peakkwcapacityhistory",
    "minenergy": "peakkwhusagemin",
    "energymin": "peakkwhusagemin",
    "maxenergy": "peakkwhusagemax",
    "energymax": "peakkwhusagemax",
    "energyhist": "peakkwhusagehistory",
    "energyweekdaysched": "energyweekdayschedule",
    "energyweekendsched": "energyweekendschedule",
    "demandweekdaysched": "demandweekdayschedule",
    "demandweekendsched": "demandweekendschedule",
    "coincidentsched": "coincidentrateschedule",
    "coincidentrateunits": "coincidentrateunit",
    "fixedkeyvals": "fixedattrs",
    "demandkeyvals": "demandattrs",
    "energykeyvals": "energyattrs",
}

ENERGY = ("energyratestructure", "energyweekdayschedule", "energyweekendschedule")
DEMAND = ("demandratestructure", "demandweekdayschedule", "demandweekendschedule", "demandrateunit")
FLAT_DEMAND = ("flatdemandstructure", "flatdemandmonths", "flatdemandunit")
RATCHET = ("lookbackpercent", "lookbackrange", "lookbackmonths")
FIXED = ("fixedchargefirstmeter", "fixedmonthlycharge", "fixedchargeunits")
MINIMUM = ("mincharge", "minchargeunits", "minmonthlycharge")
READ = frozenset((*ENERGY, *DEMAND, *FLAT_DEMAND, *RATCHET, *FIXED, *MINIMUM))

# Of no consequence for a bill, or of what is refused with the structure it belongs to.
PASSED_OVER = frozenset(
    (
        *("_id", "label", "uri", "name", "utility", "eiaid", "country", "states", "approved", "is_default"),
        *("revisions", "startdate", "enddate", "supersedes", "sector", "source", "sourceparent", "demandunits"),
        *("coincidentrateunit", "coincidentrateschedule"),
    )
)

# What a person should know of the rate: it goes into the contract's notes.
NOTED = {
    "servicetype": "Service type",
    "description": "Description",
    "basicinformationcomments": "Comments",
    "energycomments": "Comments on energy",
    "demandcomments": "Comments on demand",
    "peakkwcapacitymin": "For demand from, kW",
    "peakkwcapacitymax": "For demand up to, kW",
    "peakkwcapacityhistory": "Months over which that demand is judged",
    "peakkwhusagemin": "For energy from, kWh a month",
    "peakkwhusagemax": "For energy up to, kWh a month",
    "peakkwhusagehistory": "Months over which that energy is judged",
    "voltageminimum": "For voltages from, V",
    "voltagemaximum": "For voltages up to, V",
    "voltagecategory": "Voltage",
    "phasewiring": "Wiring",
    "demandwindow": "Minutes over which demand is metered; plan in intervals no longer",
    "dgrules": "Rule for own generation (exports are priced in energy.onsite, not here)",
    "usenetmetering": "Net metering offered (exports are priced in energy.onsite, not here)",
}

# Known and not taken, unless nothing is charged by it.
REFUSED = {
    "demandreactivepowercharge": "is a charge on reactive power, which the schedule of machines does not change",
    "coincidentratestructure": "is a charge on the grid's peak hours, but a rate does not say which those are; "
    "write energy.coincident_peaks into the contract",
    "demandratchetpercentage": "is a ratchet that does not say which past months count; write `ratchet` into the "
    "demand charge",
    "fueladjustmentsmonthly": "may be part of the rates' `adj` already; if it is not, write it into the contract as "
    "adders_usd_per_mwh",
    "annualmincharge": "is a minimum over a year; minimum_bill_usd_per_month holds for a billing period",
    "fixedchargeeaaddl": "is a charge for each further meter; the farm has one",
    "energyattrs": "may hold charges that the format has no key for",
    "demandattrs": "may hold charges that the format has no key for",
    "fixedattrs": "may hold charges that the format has no key for",
}


def canonical(key: str) -> str:
    """The API's name of a key, however it is written.

    >>> canonical("flatDemandUnits"), canonical("demandReactPwrCharge"), canonical("supersedes")
    ('flatdemandunit', 'demandreactivepowercharge', 'supersedes')
    """
    small = key.lower()
    return _OTHERWISE.get(small, small)
