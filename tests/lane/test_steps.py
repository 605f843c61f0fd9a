"""Whether a step of the way through an SDK was changed."""

from __future__ import annotations

from typing import Any, cast

import pytest
import wrapt

from agentreplay.integrations._stainless.steps import STEPS, Steps


def classes() -> list[Any]:
    """The class of a client and those above it, made as the SDKs make theirs: one step is wrapped, one is missing."""

    class Base:
        def _build_request(self) -> None:
            """A step."""

        def _process_response_data(self) -> None:
            """A step."""

        def _maybe_override_cast_to(self) -> None:
            """A step."""

    class Api(Base):
        def post(self) -> None:
            """A step."""

        @wrapt.decorator
        def _wrapper(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:  # noqa: N805
            return wrapped(*args, **kwargs)

        @_wrapper
        def request(self) -> None:
            """A step."""

        def _process_response(self) -> None:
            """A step."""

        def _process_response_data(self) -> None:
            """A step that another class has as well."""

    class Client(Api):
        pass

    return [Client, Api, Base]


def test_what_nobody_changed_is_unchanged() -> None:
    """However often it is asked."""
    steps = Steps(classes()[0])

    assert steps.are_unchanged()
    assert steps.are_unchanged()


@pytest.mark.parametrize("name", STEPS)
def test_a_method_that_is_put_in_the_way_is_noticed(name: str) -> None:
    """In the class that has it, and in each below that."""
    for place in range(3):
        made = classes()
        steps = Steps(made[0])
        has_it = name in vars(made[place])
        setattr(made[place], name, lambda: None)
        assert not steps.are_unchanged()
        if has_it:
            break


@pytest.mark.parametrize("name", STEPS)
def test_a_method_that_is_taken_away_is_noticed(name: str) -> None:
    """Though another class may have one of that name."""
    for place in range(3):
        made = classes()
        steps = Steps(made[0])
        if name in vars(made[place]):
            delattr(made[place], name)
            assert not steps.are_unchanged()
            break


def test_a_method_that_is_put_back_is_unchanged() -> None:
    """As after a tool that wrapped it for a while."""
    made = classes()
    steps = Steps(made[0])
    for owner, name in ((made[1], "post"), (made[1], "request")):
        before = cast("object", vars(owner)[name])
        setattr(owner, name, lambda: None)
        assert not steps.are_unchanged()
        setattr(owner, name, before)
        assert steps.are_unchanged()
