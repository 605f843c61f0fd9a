"""The tables of operations, held against the SDKs that are installed."""

from __future__ import annotations

import re

import pytest

from agentreplay.integrations._stainless.vendor import Vendor
from agentreplay.integrations.anthropic import VENDOR as ANTHROPIC
from agentreplay.integrations.openai import VENDOR as OPENAI
from tests.routes.generate import operations

VENDORS = pytest.mark.parametrize("vendor", [OPENAI, ANTHROPIC], ids=lambda vendor: vendor.name)


@VENDORS
def test_every_operation_of_the_installed_sdk_has_its_own_name(vendor: Vendor) -> None:
    """For each operation that the SDK's source offers, the table gives the method that the source calls it by."""
    rows = operations(vendor.package)
    assert len(rows) > 5
    found = {row: vendor.routes.find(row.verb, re.sub(r"\{\w+\}", "some-id", row.path)).method for row in rows}
    # Where the installed SDK is an old one, the table goes by the name that a newer one gives the same operation.
    known = {method for method, _, _ in vendor.routes.lines}
    misnamed = {row: name for row, name in found.items() if name != row.method and row.method in known}
    assert misnamed == {}
    assert set(found.values()) <= known


@VENDORS
def test_every_kind_names_a_method_of_the_table(vendor: Vendor) -> None:
    """A method that is said to be a model's call is one that the table knows."""
    assert set(vendor.kinds) <= {method for method, _, _ in vendor.routes.lines}


def test_an_operation_nobody_listed_is_named_by_its_verb_and_path() -> None:
    """A path that no table has still gets a name that a person can read."""
    operation = OPENAI.routes.find("POST", "/brand/new")
    assert operation.method == "POST /brand/new"


def test_a_query_that_belongs_to_an_operation_tells_it_from_the_one_without() -> None:
    """The beta form of an operation has its own name, also where its path has parameters."""
    assert ANTHROPIC.routes.find("GET", "/v1/messages/batches/b_1").method == "messages.batches.retrieve"
    assert ANTHROPIC.routes.find("GET", "/v1/messages/batches/b_1?beta=true").method == "beta.messages.batches.retrieve"


def test_a_segment_spelled_out_goes_before_a_parameter() -> None:
    """`/files/{id}/content` is not taken for another operation with as many segments."""
    assert OPENAI.routes.find("GET", "/files/file-1/content").method == "files.content"
    assert OPENAI.routes.find("POST", "/threads/runs").method.startswith("beta.threads.")
