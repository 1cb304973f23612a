"""Tables as their publishers write them, in a few rows each: read with no more than location, market and rate.

The rows follow files of the addresses in `layouts.PUBLISHED`; their figures are invented.
"""
# ruff: noqa: E501 - rows stand as their publishers write them

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.market.readers.layouts import PUBLISHED
from tests.market.farms import series_of

NP6_905 = """DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointType,SettlementPointPrice,DSTFlag
02/11/2026,1,1,HB_WEST,HU,20.5,N
02/11/2026,1,2,HB_WEST,HU,21.5,N
02/11/2026,1,1,LZ_WEST,LZ,30.5,N
02/11/2026,1,2,LZ_WEST,LZ,31.5,N
02/11/2026,1,1,LZ_WEST,LZEW,40.5,N
02/11/2026,1,2,LZ_WEST,LZEW,41.5,N
"""
DAM = """DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag
02/11/2026,01:00,HB_WEST,21,N
02/11/2026,02:00,HB_WEST,22,N
"""
RESERVES = """Delivery Date,Hour Ending,Repeated Hour Flag,REGDN,REGUP,RRS,NSPIN,ECRS
02/11/2026,01:00,N,4.01,5.5,1.25,3,0.5
02/11/2026,02:00,N,3.01,4.5,1.75,2,0.7
"""
LOAD = """Hour Ending,COAST,EAST,FWEST,NORTH,NCENT,SOUTH,SCENT,WEST,ERCOT
11/01/2026 01:00,"10,100.5",1,5000,1,1,1,1,1,"40,100.5"
11/01/2026 02:00,"10,000.5",1,5001,1,1,1,1,1,"40,000.5"
11/01/2026 02:00 DST,"9,900.5",1,5002,1,1,1,1,1,"39,900.5"
11/01/2026 03:00,"9,800.5",1,5003,1,1,1,1,1,"39,800.5"
"""
PJM = """datetime_beginning_utc,datetime_beginning_ept,pnode_id,pnode_name,voltage,equipment,type,zone,system_energy_price_da,total_lmp_da,congestion_price_da,marginal_loss_price_da,row_is_current,version_nbr
2/11/2026 5:00:00 AM,2/11/2026 12:00:00 AM,51288,WESTERN HUB,,,HUB,,30.1,31.5,1.2,0.2,TRUE,1
2/11/2026 6:00:00 AM,2/11/2026 1:00:00 AM,51288,WESTERN HUB,,,HUB,,29.1,30.5,1.2,0.2,TRUE,1
2/11/2026 5:00:00 AM,2/11/2026 12:00:00 AM,51291,PECO,,,ZONE,PECO,30.1,41.5,1.2,0.2,TRUE,1
2/11/2026 6:00:00 AM,2/11/2026 1:00:00 AM,51291,PECO,,,ZONE,PECO,29.1,40.5,1.2,0.2,TRUE,1
"""
NYISO = """"Time Stamp","Name","PTID","LBMP ($/MWHr)","Marginal Cost Losses ($/MWHr)","Marginal Cost Congestion ($/MWHr)"
"02/11/2026 00:00","CAPITL",61757,20.5,1.1,0.00
"02/11/2026 00:00","N.Y.C.",61761,60.5,1.1,0.00
"02/11/2026 01:00","CAPITL",61757,21.5,1.1,0.00
"02/11/2026 01:00","N.Y.C.",61761,61.5,1.1,0.00
"""
NYISO_RT = NYISO.replace('00:00"', '00:05:00"').replace('01:00"', '00:10:00"')
NYISO_LOAD = """"Time Stamp","Time Zone","Name","PTID","Integrated Load"
"11/01/2026 01:00:00","EDT","CAPITL",61757,1618.7514
"11/01/2026 01:00:00","EST","CAPITL",61757,1518.7514
"""
OASIS_HEAD = "INTERVALSTARTTIME_GMT,INTERVALENDTIME_GMT,OPR_DT,OPR_HR,OPR_INTERVAL,NODE_ID_XML,NODE_ID,NODE,MARKET_RUN_ID,LMP_TYPE,XML_DATA_ITEM,PNODE_RESMRID,GRP_TYPE,POS,MW,GROUP\n"
OASIS = OASIS_HEAD + "".join(
    f"2026-02-11T{hour:02d}:00:00-00:00,2026-02-11T{hour + 1:02d}:00:00-00:00,2026-02-11,{hour - 7},0,"
    f"TH_SP15_GEN-APND,TH_SP15_GEN-APND,TH_SP15_GEN-APND,DAM,{kind},LMP_PRC,TH_SP15_GEN-APND,ALL_APNODES,0,{value},1\n"
    for kind, value in (("LMP", 20.5), ("MCC", -3.5), ("MCE", 24.0)) for hour in (8, 9)
)  # fmt: skip
MISO = (
    "Day Ahead Market ExPost LMPs\n07/11/2026\n\n,,,All Hours-Ending are Eastern Standard Time (EST)\n"
    "Node,Type,Value," + ",".join(f"HE {hour}" for hour in range(1, 25)) + "\n"
    "INDIANA.HUB,Hub,LMP," + ",".join(f"{hour}.5" for hour in range(1, 25)) + "\n"
    "INDIANA.HUB,Hub,MCC," + ",".join(["-9"] * 24) + "\nMICHIGAN.HUB,Hub,LMP," + ",".join(["99"] * 24) + "\n"
)
SPP = """Interval,GMTIntervalEnd,Settlement Location,Pnode,LMP,MLC,MCC,MEC
02/11/2026 01:00:00,02/11/2026 07:00:00,SPPNORTH_HUB,SPPNORTH_HUB,20.5,1.0,0.5,24.0
02/11/2026 02:00:00,02/11/2026 08:00:00,SPPNORTH_HUB,SPPNORTH_HUB,21.5,1.0,0.5,24.0
02/11/2026 01:00:00,02/11/2026 07:00:00,SPPSOUTH_HUB,SPPSOUTH_HUB,30.5,1.0,0.5,24.0
02/11/2026 02:00:00,02/11/2026 08:00:00,SPPSOUTH_HUB,SPPSOUTH_HUB,31.5,1.0,0.5,24.0
"""
ISONE = """"C","Day-Ahead Energy Market Hourly LMP Report"
"C","Filename: WW_DALMP_ISO_20261101.csv"
"C","Report for: 11/01/2026 - 11/01/2026"
"C","Report generated: 10/31/2026 13:07:54 EDT"
"H","Date","Hour Ending","Location ID","Location Name","Location Type","Locational Marginal Price","Energy Component","Congestion Component","Marginal Loss Component"
"H","Date","HE","String","String","String","Number","Number","Number","Number"
"D","11/01/2026","01","4000",".H.INTERNAL_HUB","HUB",21.5,20,0,0.1
"D","11/01/2026","02","4000",".H.INTERNAL_HUB","HUB",22.5,20,0,0.1
"D","11/01/2026","02X","4000",".H.INTERNAL_HUB","HUB",23.5,20,0,0.1
"D","11/01/2026","03","4000",".H.INTERNAL_HUB","HUB",24.5,20,0,0.1
"T","4"
"""
IESO = """\\\\Yearly Hourly Ontario Energy Price Report
\\\\CREATED AT February 12 2025 00:15:08
\\\\For 2025
Date,Hour,HOEP,Hour 1 Predispatch,Hour 2 Predispatch,Hour 3 Predispatch,OR 10 Min Sync,OR 10 Min non-sync,OR 30 Min
2025-07-11,1,20.5,21,22,23,1,1,1
2025-07-11,2,"1,021.5",21,22,23,1,1,1
"""
AESO = """Pool Price

""

Date (HE),Price ($),30Ravg ($),AIL Demand (MW)
"11/01/2026 01","21.00","50.08","9914.0"
"11/01/2026 02","22.00","50.08","9914.0"
"11/01/2026 02*","23.00","50.08","9914.0"
"11/01/2026 03","24.00","50.08","9914.0"
"""
AEMO = """REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE
NSW1,2026/02/11 00:05:00,7000.1,20.5,TRADE
NSW1,2026/02/11 00:10:00,7000.1,21.5,TRADE
"""
NEMWEB = """C,NEMP.WORLD,TRADINGIS,AEMO,PUBLIC,2026/02/11,00:10:00,0000000001,TRADINGIS,0000000001
I,TRADING,INTERCONNECTORRES,2,SETTLEMENTDATE,RUNNO,INTERCONNECTORID,PERIODID,METEREDMWFLOW
D,TRADING,INTERCONNECTORRES,2,"2026/02/11 00:05:00",1,V-SA,1,-224.44
I,TRADING,PRICE,3,SETTLEMENTDATE,RUNNO,REGIONID,PERIODID,RRP,EEP,INVALIDFLAG,LASTCHANGED,PRICE_STATUS
D,TRADING,PRICE,3,"2026/02/11 00:05:00",1,NSW1,1,20.5,0,0,"2026/02/11 00:00:05",FIRM
D,TRADING,PRICE,3,"2026/02/11 00:05:00",1,QLD1,1,30.5,0,0,"2026/02/11 00:00:05",FIRM
D,TRADING,PRICE,3,"2026/02/11 00:10:00",1,NSW1,2,21.5,0,0,"2026/02/11 00:05:05",FIRM
D,TRADING,PRICE,3,"2026/02/11 00:10:00",1,QLD1,2,31.5,0,0,"2026/02/11 00:05:05",FIRM
C,"END OF REPORT",9
"""
FMS = (
    "DateTime(UTC)\tResolutionCode\tAreaCode\tAreaDisplayName\tAreaTypeCode\tMapCode\tContractType\tSequence\t"
    "Price[Currency/MWh]\tCurrency\tUpdateTime(UTC)\n"
    "2026-02-10 23:00:00\tPT60M\t10YFR-RTE------C\tFrance (FR)\tBZN\tFR\tDay-ahead\tWithout Sequence\t20.5\tEUR\t2026-02-10 12:00:00\n"
    "2026-02-11 00:00:00\tPT60M\t10YFR-RTE------C\tFrance (FR)\tBZN\tFR\tDay-ahead\tWithout Sequence\t21.5\tEUR\t2026-02-10 12:00:00\n"
)
WEB = """"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)"
"25/10/2026 01:00:00 - 25/10/2026 02:00:00","BZN|FR","Without Sequence","20.5"
"25/10/2026 02:00:00 (CEST) - 25/10/2026 02:00:00 (CET)","BZN|FR","Without Sequence","21.5"
"25/10/2026 02:00:00 (CET) - 25/10/2026 03:00:00 (CET)","BZN|FR","Without Sequence","22.5"
"25/10/2026 03:00:00 - 25/10/2026 04:00:00","BZN|FR","Without Sequence","23.5"
"""
WEB_OLD = """"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|DE-LU"
"11.02.2026 00:00 - 11.02.2026 01:00","20.5","EUR",""
"11.02.2026 01:00 - 11.02.2026 02:00","21.5","EUR",""
"""
OMIE = "MARGINALPDBC;\n" + "".join(f"2026;10;25;{hour};{hour}.25;{hour}.5;\n" for hour in range(1, 26)) + "*\n"
SMARD = """Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen;Österreich [€/MWh] Originalauflösungen
11.02.2026 00:00;11.02.2026 01:00;20,5;30,5
11.02.2026 01:00;11.02.2026 02:00;21,5;31,5
11.02.2026 02:00;11.02.2026 03:00;-;-
"""
CHARTS = json.dumps({"license_info": "CC BY 4.0", "unix_seconds": [1770764400, 1770768000], "price": [20.5, 21.5], "unit": "EUR / MWh", "deprecated": False})  # fmt: skip
AWATTAR = json.dumps({"object": "list", "url": "/de/v1/marketdata", "data": [
    {"start_timestamp": 1770764400000, "end_timestamp": 1770768000000, "marketprice": 20.5, "unit": "Eur/MWh"},
    {"start_timestamp": 1770768000000, "end_timestamp": 1770771600000, "marketprice": 21.5, "unit": "Eur/MWh"},
]})  # fmt: skip
NORD_POOL = json.dumps({
    "deliveryDateCET": "2026-02-11", "version": 3, "updatedAt": "2026-02-10T11:55:18Z", "deliveryAreas": ["NO2", "SE3"],
    "market": "DayAhead", "multiAreaEntries": [
        {"deliveryStart": "2026-02-10T23:00:00Z", "deliveryEnd": "2026-02-10T23:15:00Z", "entryPerArea": {"NO2": 20.5, "SE3": 30.5}},
        {"deliveryStart": "2026-02-10T23:15:00Z", "deliveryEnd": "2026-02-10T23:30:00Z", "entryPerArea": {"NO2": 21.5, "SE3": 31.5}},
    ], "currency": "EUR", "exchangeRate": 1, "areaAverages": [{"areaCode": "NO2", "price": 21.0}],
})  # fmt: skip
ELEXON = json.dumps({"metadata": {"datasets": ["DISEBSP"]}, "data": [
    {"settlementDate": "2026-10-25", "settlementPeriod": period, "startTime": "", "systemSellPrice": period + 0.5,
     "systemBuyPrice": period + 0.5} for period in range(1, 51)]}).replace(', "startTime": ""', "")  # fmt: skip
OPEN_METEO = """latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation
31.8,-102.4,890.0,0,GMT,GMT

time,temperature_2m (°C)
2026-02-11T00:00,1.5
2026-02-11T01:00,2.5
"""
OPEN_METEO_LOCAL = OPEN_METEO.replace("0,GMT,GMT", "-18000,America/Chicago,GMT-5")
OPEN_METEO_JSON = json.dumps({"latitude": 31.8, "longitude": -102.4, "utc_offset_seconds": 0, "timezone": "GMT",
                              "hourly_units": {"time": "iso8601", "temperature_2m": "°C"},
                              "hourly": {"time": ["2026-02-11T00:00", "2026-02-11T01:00"], "temperature_2m": [1.5, 2.5]}})  # fmt: skip

EUR = {"usd_per_unit": 1.0}
CASES: list[tuple[str, dict[str, Any], str, str, float, list[float]]] = [
    (NP6_905, {"location": "HB_WEST"}, "America/Chicago", "2026-02-11 06:00", 15, [20.5, 21.5]),
    (NP6_905, {"location": "LZ_WEST", "market": "LZEW"}, "America/Chicago", "2026-02-11 06:00", 15, [40.5, 41.5]),
    (DAM, {}, "Europe/Oslo", "2026-02-11 06:00", 60, [21, 22]),
    (RESERVES, {"value_column": "RRS"}, "UTC", "2026-02-11 06:00", 60, [1.25, 1.75]),
    (LOAD, {}, "UTC", "2026-11-01 05:00", 60, [40100.5, 40000.5, 39900.5, 39800.5]),
    (LOAD, {"location": "FWEST"}, "UTC", "2026-11-01 05:00", 60, [5000, 5001, 5002, 5003]),
    (PJM, {"location": "WESTERN HUB"}, "America/Chicago", "2026-02-11 05:00", 60, [31.5, 30.5]),
    (PJM, {"location": "51291"}, "America/Chicago", "2026-02-11 05:00", 60, [41.5, 40.5]),
    (NYISO, {"location": "CAPITL"}, "America/Chicago", "2026-02-11 05:00", 60, [20.5, 21.5]),
    (NYISO_RT, {"location": "N.Y.C."}, "America/Chicago", "2026-02-11 05:00", 5, [60.5, 61.5]),
    (NYISO_LOAD, {"value_column": "Integrated Load"}, "America/New_York", "2026-11-01 05:00", 60, [1618.7514, 1518.7514]),
    (OASIS, {}, "America/Los_Angeles", "2026-02-11 08:00", 60, [20.5, 20.5]),
    (OASIS, {"value_column": "MCC"}, "America/Los_Angeles", "2026-02-11 08:00", 60, [-3.5, -3.5]),
    (MISO, {"location": "INDIANA.HUB"}, "America/Chicago", "2026-07-11 05:00", 60, [h + 0.5 for h in range(1, 25)]),
    (SPP, {"location": "SPPSOUTH_HUB"}, "America/Chicago", "2026-02-11 06:00", 60, [30.5, 31.5]),
    (ISONE, {}, "America/Chicago", "2026-11-01 04:00", 60, [21.5, 22.5, 23.5, 24.5]),
    (IESO, {}, "America/Toronto", "2025-07-11 05:00", 60, [20.5, 1021.5]),
    (AESO, {}, "America/Chicago", "2026-11-01 06:00", 60, [21, 22, 23, 24]),
    (AEMO, {}, "Australia/Sydney", "2026-02-10 14:00", 5, [20.5, 21.5]),
    (NEMWEB, {"location": "QLD1"}, "Australia/Sydney", "2026-02-10 14:00", 5, [30.5, 31.5]),
    (FMS, EUR, "Europe/Paris", "2026-02-10 23:00", 60, [20.5, 21.5]),
    (WEB, EUR, "America/Chicago", "2026-10-24 23:00", 60, [20.5, 21.5, 22.5, 23.5]),
    (WEB_OLD, EUR, "America/Chicago", "2026-02-10 23:00", 60, [20.5, 21.5]),
    (OMIE, {"location": "ES"}, "America/Chicago", "2026-10-24 22:00", 60, [h + 0.5 for h in range(1, 26)]),
    (SMARD, EUR | {"value_column": "Österreich [€/MWh] Originalauflösungen", "fill_gaps": "previous"},
     "America/Chicago", "2026-02-10 23:00", 60, [30.5, 31.5, 31.5]),
    (CHARTS, EUR, "America/Chicago", "2026-02-10 23:00", 60, [20.5, 21.5]),
    (AWATTAR, EUR, "America/Chicago", "2026-02-10 23:00", 60, [20.5, 21.5]),
    (NORD_POOL, EUR | {"location": "SE3"}, "Europe/Oslo", "2026-02-10 23:00", 15, [30.5, 31.5]),
    (ELEXON, {}, "America/Chicago", "2026-10-24 23:00", 30, [p + 0.5 for p in range(1, 51)]),
    (OPEN_METEO, {}, "America/Chicago", "2026-02-11 00:00", 60, [1.5, 2.5]),
    (OPEN_METEO_LOCAL, {}, "America/Denver", "2026-02-11 05:00", 60, [1.5, 2.5]),
    (OPEN_METEO_JSON, {}, "America/Chicago", "2026-02-11 00:00", 60, [1.5, 2.5]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys", "zone", "first", "minutes", "values"), CASES)
def test_a_publishers_rows(
    tmp_path: Path, text: str, keys: dict[str, Any], zone: str, first: str, minutes: float, values: list[float]
) -> None:
    series = series_of(tmp_path, text, zone=zone, **keys)
    assert series.starts[0] == pd.Timestamp(first, tz="UTC")
    assert set((series.ends - series.starts) / pd.Timedelta(minutes=1)) == {minutes}
    assert (series.starts[1:] == series.ends[:-1]).all()
    assert series.values.tolist() == values


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


def test_zips_as_downloaded(tmp_path: Path) -> None:
    assert series_of(tmp_path, zipped(**{"cdr.00012331": DAM}), name="dam.zip").values.tolist() == [21, 22]
    days = {f"2026021{day}": DAM.replace("02/11", f"02/1{day}").replace(",22,", ",23,") for day in (2, 1)}
    month = series_of(tmp_path, zipped(**days), name="month.zip", fill_gaps="previous", fill_at_most_hours=24)
    assert month.starts[0] == pd.Timestamp("2026-02-11T06:00Z")
    assert month.ends[-1] == pd.Timestamp("2026-02-12T08:00Z")


@pytest.mark.parametrize(
    ("text", "keys", "words"),
    [
        (NP6_905, {}, "several markets, HU, LZ, LZEW|several locations, HB_WEST, LZ_WEST"),
        (NP6_905, {"location": "LZ_WEST"}, "several markets"),
        (PJM, {}, "several locations"),
        (NEMWEB, {}, "several locations, NSW1, QLD1"),
        (FMS, {}, "prices are in EUR, not in USD; beside the file say `currency: EUR`"),
        (WEB, {}, "prices are in EUR, not in USD; beside the file say `currency: EUR`"),
        (CHARTS, {}, "prices are in EUR"),
        (AWATTAR, {}, "prices are in EUR"),
        (NORD_POOL, {"location": "SE3"}, "prices are in EUR"),
        (NYISO, {"location": "CAPITL", "market": "DAM"}, "no column of markets, so that `market: DAM` does nothing"),
        (MISO, {"location": "INDIANA.HUB", "timezone": "America/New_York"}, "clock of Etc/GMT.5 by MISO.*remove"),
        (OMIE, {}, "several columns of numbers, PT, ES"),
    ],
)
def test_what_is_asked_for(tmp_path: Path, text: str, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, text, **keys)


def test_every_layout_tells_its_address() -> None:
    assert all(layout.source.startswith("http") for layout in PUBLISHED)
    assert len({layout.name for layout in PUBLISHED}) == len(PUBLISHED)
