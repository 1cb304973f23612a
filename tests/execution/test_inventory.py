"""Inventories: what is wrong in them, where; other programs' exports; what they and the farm file say differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.execution.inventory import differences, inventory_text, read_inventory
from tests.farms import farm, group

HEAD = "name,group,driver,address,port,breaker,j_per_th\n"


def test_an_inventory_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "machines.csv"
    head = HEAD.replace("\n", ",mac\n")
    file.write_text(head + "m1,G,luxos,10.0.0.1,,B1,17.5,02:00:00:00:00:01\nm2,G,braiins,10.0.0.2,8080,,,\n")
    entries = read_inventory(file)
    assert [(one.name, one.port, one.breaker, one.j_per_th) for one in entries] == [
        ("m1", None, "B1", 17.5),
        ("m2", 8080, "", None),
    ]
    assert inventory_text(entries) == file.read_text()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("m1,G,luxos,host.example,,,", ":2:4: address: must be an IP address"),
        ("m1,G,lux,10.0.0.1,,,", ":2:3: driver: there is none called 'lux'"),
        ("m1,G,luxos,10.0.0.1,70000,,", ":2:5: port: "),
        ("m1,G,luxos,10.0.0.1,,,nan", ":2:7: j_per_th: "),
        ("m1,G,luxos,,,,", ":2:4: address: Field required"),
        ("=cmd(),G,luxos,10.0.0.1,,,", ":2:1: name: "),
        ("m1,G,luxos,10.0.0.1,,,\nm1,G,luxos,10.0.0.2,,,", ":3:1: name: m1 stands in line 2 already"),
        ("m1,G,luxos,10.0.0.1,,,\nm2,G,luxos,10.0.0.1,,,", ":3:4: address: 10.0.0.1 stands in line 2 already"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(tmp_path: Path, row: str, told: str) -> None:
    file = tmp_path / "machines.csv"
    file.write_text(HEAD + row + "\n")
    with pytest.raises(InputError) as caught:
        read_inventory(file)
    assert told in str(caught.value)


def test_another_programs_export_is_read_by_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("\ufeffHostname,IP,Rack\nr1-1,10.0.0.1,R1\n", encoding="utf-8")
    with pytest.raises(InputError, match="there is no such column; there are: Hostname, IP, Rack"):
        read_inventory(file)
    columns = {"name": "Hostname", "address": "IP", "breaker": "Rack"}
    (one,) = read_inventory(file, columns, {"driver": "luxos", "group": "G"})
    assert (one.name, one.group, one.driver, one.address, one.breaker) == ("r1-1", "G", "luxos", "10.0.0.1", "R1")


def test_differences_say_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "machines.csv"
    file.write_text(HEAD + "m1,G,antminer,10.0.0.1,,,\nm2,X,luxos,10.0.0.2,,,\n")
    eco = group("G", units=2, other_modes={"eco": (500.0, 4e5)}, modes=("normal", "eco"))
    told = differences(read_inventory(file), farm(eco))
    assert told[0].startswith("X: the farm file has no such group")
    assert told[1] == "G: 1 machines in the inventory, 2 in the farm file; add them, or lower `units`"
    assert "antminer cannot set watts" in told[2]
