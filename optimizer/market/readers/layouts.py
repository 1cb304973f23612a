"""Tables as their publishers write them: known by their columns, with what the columns do not say.

A new layout is one entry here. ``has`` are columns it is known by, and every name is that of a column, in letters and
digits alone (see `column_names.squeezed`). What is left empty is found by the names of columns, as in any table.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

EASTERN, CENTRAL, PACIFIC, EST = "America/New_York", "America/Chicago", "America/Los_Angeles", "Etc/GMT+5"


@dataclass(frozen=True)
class Layout:
    """How a publisher's table says when, where and what; ``source`` is the address where it says so.

    zone: of times without an offset. start, end: columns of times; or a date with the hour that ends, or with a period,
    so many minutes of the day; parts: intervals of an hour. ends_below: stamps end intervals of fewer minutes than
    this. component: the column that parts a price, usual: the part that is meant. value: columns of values, of which
    the first is meant unasked. currency: what prices are in where the table does not say.
    """

    name: str
    source: str
    has: str
    zone: str | None = None
    start: str = ""
    end: str = ""
    date: str = ""
    hour: str = ""
    period: str = ""
    minutes: int | None = None
    parts: int = 1
    ends_below: int = 0
    component: str = ""
    usual: str = ""
    value: str = ""
    currency: str = ""
    dates: Literal["month_first", "day_first"] | None = None

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns is of this layout."""
        return set(self.has.split()) <= set(columns)


PUBLISHED = (
    Layout(
        "ERCOT settlement point prices, NP6-905 and NP6-785",
        "https://www.ercot.com/mp/data-products/data-product-details?id=NP6-905-CD",
        "deliverydate deliveryhour deliveryinterval settlementpointprice", CENTRAL,
        date="deliverydate", hour="deliveryhour", parts=4, value="settlementpointprice", currency="USD",
        dates="month_first",
    ),
    Layout(
        "ERCOT day-ahead prices, NP4-190 and NP4-180",
        "https://www.ercot.com/mp/data-products/data-product-details?id=NP4-190-CD",
        "deliverydate hourending settlementpointprice", CENTRAL,
        date="deliverydate", hour="hourending", value="settlementpointprice", currency="USD", dates="month_first",
    ),
    Layout(
        "ERCOT day-ahead prices of reserves, NP4-181",
        "https://www.ercot.com/mp/data-products/data-product-details?id=NP4-181-ER",
        "deliverydate hourending repeatedhourflag regdn", CENTRAL,
        date="deliverydate", hour="hourending", currency="USD", dates="month_first",
    ),
    Layout(
        "ERCOT hourly load by weather zone", "https://www.ercot.com/gridinfo/load/load_hist",
        "coast east fwest ercot", CENTRAL, hour="hourending hourend", value="ercot", dates="month_first",
    ),
    Layout(
        "PJM Data Miner 2", "https://dataminer2.pjm.com/feed/da_hrl_lmps/definition",
        "datetimebeginningutc datetimebeginningept", EASTERN, start="datetimebeginningutc",
        value="totallmpda totallmprt totallmp", currency="USD", dates="month_first",
    ),
    Layout(
        "PJM Data Miner 2, without UTC", "https://dataminer2.pjm.com/feed/da_hrl_lmps/definition",
        "datetimebeginningept", EASTERN, start="datetimebeginningept",
        value="totallmpda totallmprt totallmp", currency="USD", dates="month_first",
    ),
    Layout(
        "NYISO zonal prices", "http://mis.nyiso.com/public/P-2Alist.htm",
        "timestamp name ptid lbmpmwhr", EASTERN, start="timestamp", ends_below=30, value="lbmpmwhr",
        currency="USD", dates="month_first",
    ),
    Layout(
        "NYISO load", "http://mis.nyiso.com/public/P-58Clist.htm",
        "timestamp timezone name ptid", EASTERN, start="timestamp", dates="month_first",
    ),
    Layout(
        "CAISO OASIS", "http://oasis.caiso.com/mrioasis/logon.do",
        "intervalstarttimegmt intervalendtimegmt lmptype", "UTC", start="intervalstarttimegmt",
        end="intervalendtimegmt", component="lmptype", usual="LMP", value="mw prc value", currency="USD",
    ),
    Layout(
        "MISO ex-post and ex-ante prices",
        "https://www.misoenergy.org/markets-and-operations/real-time--market-data/market-reports/",
        "node type value he1 he24", EST, component="value", usual="LMP", currency="USD", dates="month_first",
    ),
    Layout(
        "SPP prices by settlement location", "https://portal.spp.org/pages/da-lmp-by-location",
        "interval gmtintervalend settlementlocation lmp", "UTC", end="gmtintervalend", value="lmp", currency="USD",
        dates="month_first",
    ),
    Layout(
        "ISO New England hourly prices",
        "https://www.iso-ne.com/isoexpress/web/reports/pricing/-/tree/lmps-da-hourly",
        "date hourending locationid locationalmarginalprice", EASTERN, date="date", hour="hourending",
        value="locationalmarginalprice", currency="USD", dates="month_first",
    ),
    Layout(
        "IESO hourly Ontario energy price", "https://reports-public.ieso.ca/public/PriceHOEPPredispOR/",
        "date hour hoep", EST, date="date", hour="hour", value="hoep", currency="CAD",
    ),
    Layout(
        "AESO pool price", "http://ets.aeso.ca/ets_web/docroot/Market/Reports/HistoricalReportsStart.html",
        "datehe price aildemandmw", "America/Edmonton", hour="datehe", value="price", currency="CAD",
        dates="month_first",
    ),
    Layout(
        "AEMO aggregated price and demand",
        "https://aemo.com.au/energy-systems/electricity/national-electricity-market-nem/data-nem/aggregated-data",
        "region settlementdate totaldemand rrp", "Etc/GMT-10", end="settlementdate", value="rrp", currency="AUD",
    ),
    Layout(
        "AEMO market data (rows C, I, D)", "https://nemweb.com.au/Reports/Current/",
        "settlementdate regionid rrp", "Etc/GMT-10", end="settlementdate", value="rrp", currency="AUD",
    ),
    Layout(
        "OMIE marginalpdbc", "https://www.omie.es/en/file-access-list",
        "year month day period pt es", "Europe/Madrid", date="year month day", period="period", currency="EUR",
    ),
    Layout(
        "Elexon settlement periods",
        "https://bmrs.elexon.co.uk/api-documentation/endpoint/balancing/settlement/system-prices/{settlementDate}",
        "settlementdate settlementperiod", "Europe/London", date="settlementdate", period="settlementperiod",
        minutes=30, value="systemsellprice price", currency="GBP",
    ),
    Layout(
        "EIA wholesale electricity", "https://www.eia.gov/electricity/wholesalemarkets/data.php",
        "utctimestampintervalending", "UTC", end="utctimestampintervalending", currency="USD",
    ),
    Layout(
        "ENTSO-E Transparency Platform, file library", "https://transparency.entsoe.eu/",
        "datetimeutc resolutioncode areacode mapcode", "UTC", start="datetimeutc",
    ),
    Layout(
        "ENTSO-E Transparency Platform, web export", "https://transparency.entsoe.eu/",
        "mtucetcest", "Europe/Brussels", start="mtucetcest", end="mtucetcest", dates="day_first",
    ),
    Layout(
        "ENTSO-E Transparency Platform, web export in UTC", "https://transparency.entsoe.eu/",
        "mtuutc", "UTC", start="mtuutc", end="mtuutc", dates="day_first",
    ),
    Layout(
        "SMARD", "https://www.smard.de/en/downloadcenter/download-market-data",
        "datumvon datumbis", "Europe/Berlin", start="datumvon", end="datumbis",
    ),
    Layout(
        "energy-charts", "https://api.energy-charts.info/",
        "unixseconds price", "UTC", start="unixseconds", value="price", currency="EUR",
    ),
    Layout(
        "aWATTar",
        "https://www.awattar.at/services/api",
        "starttimestamp endtimestamp marketprice", "UTC", start="starttimestamp", end="endtimestamp",
        value="marketprice", currency="EUR",
    ),
    Layout(
        "Nord Pool data portal", "https://data.nordpoolgroup.com/",
        "deliverystart deliveryend", start="deliverystart", end="deliveryend",
    ),
)  # fmt: skip
