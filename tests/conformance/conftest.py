"""Every test that asks for `everyway` or `vendor` runs for each vendor, as far as its surface exists there.

A surface is what the SDK's client offers under a dotted path; `@pytest.mark.surface(openai="responses.create")` names
it for a vendor (where versions differ, `"one.path or another.path"`), and a vendor that is not named does not have it.
Without the mark all vendors run.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.everyway import EveryWay
from tests.conformance.http_clients import takes
from tests.conformance.vendors import VENDORS, Vendor, close_shared_clients, offered

NEWEST = {"openai": 3, "anthropic": 2}
"""The majors with which every surface must be there: nothing is left out with them."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "surface(**paths): by vendor, the dotted path that its client has it under")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vendor" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("surface")
        vendors = [vendor for vendor in VENDORS if mark is None or vendor.package in mark.kwargs]
        metafunc.parametrize("vendor", vendors, ids=[vendor.name for vendor in vendors])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if _is_taken(item)]
    absent = [item for item in items if not _is_offered(item)]
    if not absent:
        return
    if all(int(version(package).partition(".")[0]) >= major for package, major in NEWEST.items()):
        names = ", ".join(item.name for item in absent)
        raise pytest.UsageError(f"the newest SDKs no longer offer what these tests use: {names}")
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if item not in absent]


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _is_taken(item: pytest.Item) -> bool:
    """Whether the vendor's client takes the HTTP client that the test is for (a sync one takes none that is async)."""
    parameters = _parameters(item)
    return "http_client" not in parameters or takes(parameters["vendor"], parameters["http_client"])


def _is_offered(item: pytest.Item) -> bool:
    vendor: Vendor | None = _parameters(item).get("vendor")
    mark = item.get_closest_marker("surface")
    return vendor is None or mark is None or offered(vendor, mark.kwargs[vendor.package]) is not None


@pytest.fixture
def everyway(vendor: Vendor, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[EveryWay]:
    mark = request.node.get_closest_marker("surface")
    path = offered(vendor, mark.kwargs[vendor.package]) if mark else None
    runs = EveryWay(vendor, tmp_path, path)
    yield runs
    assert not runs.faults, "the provider answered as it should"


@pytest.fixture(scope="session", autouse=True)
def _shared_clients() -> Iterator[None]:
    yield
    close_shared_clients()
