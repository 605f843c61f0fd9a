"""Installed, and nothing going on: calls run as if we were not there, and are seen as soon as anything begins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import agentreplay
from agentreplay._outside import Outside, lay, lift
from demo.provider import Provider
from tests.conformance.vendors import VENDORS, Vendor

Method = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    agentreplay.install()
    yield
    agentreplay.uninstall()


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    """Each vendor, sync and async."""
    found: Vendor = request.param
    return found


def bound_create(vendor: Vendor, client: Any) -> Method:
    """The method that asks the model, bound now and called later."""
    create = vendor.resource(client).create
    return lambda prompt: create(**vendor.question(prompt))


def bound_request(vendor: Vendor, client: Any) -> Method:
    """The method under all others, bound now and called later."""
    request, options = client.request, vendor.sdk._models.FinalRequestOptions
    url = "/chat/completions" if vendor.package == "openai" else "/v1/messages"
    return lambda prompt: request(object, options.construct(method="post", url=url, json_data=vendor.question(prompt)))


BOUND = pytest.mark.parametrize("bound", [bound_create, bound_request])


def called(vendor: Vendor, method: Method, prompt: str = "Hello") -> Any:
    """What the method gives."""

    async def program() -> Any:
        return await method(prompt) if vendor.is_async else method(prompt)

    return vendor.run(program())


def test_a_call_runs_no_code_of_ours_but_to_look_methods_up(vendor: Vendor, provider: Provider) -> None:
    """Between the app and the SDK, and between the SDK's own methods, there is nobody."""
    resource = vendor.resource(vendor.client(provider))

    def ask(prompt: str) -> Any:
        return resource.create(**vendor.question(prompt))

    # Connected now: a loop hands the look-up of a name to a thread, whose work is told apart by session.
    called(vendor, ask)
    package = str(Path(agentreplay.__file__).parent)
    ours: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(package):
            ours.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        called(vendor, ask)
    finally:
        sys.setprofile(before)
    assert provider.count == 2
    assert ours == {"__get__"}


@BOUND
def test_a_method_taken_before_a_session_is_recorded_and_replayed_in_it(
    vendor: Vendor, bound: Callable[[Vendor, Any], Method], provider: Provider, tmp_path: Path
) -> None:
    """It does not matter when a method was bound, only when it is called."""
    method = bound(vendor, vendor.client(provider))
    with agentreplay.cassette("taken", directory=tmp_path, mode="record") as recorded:
        live = called(vendor, method)
    with agentreplay.cassette("taken", directory=tmp_path, mode="replay"):
        assert called(vendor, method) == live
    assert len(recorded.interactions) == 1
    assert provider.count == 1


@BOUND
def test_a_method_taken_in_a_session_is_free_of_it_afterwards(
    vendor: Vendor, bound: Callable[[Vendor, Any], Method], provider: Provider, tmp_path: Path
) -> None:
    """A session that has ended answers nothing and keeps nothing."""
    with agentreplay.cassette("taken", directory=tmp_path, mode="record") as recorded:
        method = bound(vendor, vendor.client(provider))
        called(vendor, method)
    called(vendor, method)
    assert len(recorded.interactions) == 1
    assert provider.count == 2


@BOUND
def test_a_method_taken_before_an_app_is_recorded_is_recorded(
    vendor: Vendor, bound: Callable[[Vendor, Any], Method], provider: Provider, tmp_path: Path
) -> None:
    """Recording that begins while a service runs sees the calls of what was built before, and after it none."""
    method = bound(vendor, vendor.client(provider))
    called(vendor, method)
    agentreplay.install(record=tmp_path / "here")
    called(vendor, method)
    agentreplay.uninstall()
    agentreplay.install()
    called(vendor, method)
    assert agentreplay.status().calls == agentreplay.status().written == 1


@BOUND
def test_a_method_taken_before_calls_are_refused_is_refused(
    vendor: Vendor, bound: Callable[[Vendor, Any], Method], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the environment nor a rule of the run is noticed too late, and neither is its end."""
    method = bound(vendor, vendor.client(provider))
    monkeypatch.setenv("AGENTREPLAY_MODE", "replay")
    with pytest.raises(agentreplay.SessionError):
        called(vendor, method)
    monkeypatch.delenv("AGENTREPLAY_MODE")
    called(vendor, method)
    rule = Outside(refusal=agentreplay.SessionError.outside)
    lay(rule)
    try:
        with pytest.raises(agentreplay.SessionError):
            called(vendor, method)
    finally:
        lift(rule)
    called(vendor, method)
    assert provider.count == 2
