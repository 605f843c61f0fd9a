"""Which rule of a matcher would have made a request match."""

from __future__ import annotations

from collections.abc import Iterable

from agentreplay._cassette import RecordedRequest
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.volatile import Volatile

_SIMPLE: tuple[Matcher, ...] = (
    # Those that change the least come first: they are spared last.
    Matcher(volatile=Volatile.TOOL_CALL_IDS),
    *(Matcher(volatile=rule) for rule in Volatile if rule is not Volatile.TOOL_CALL_IDS),
    Matcher(ignore_whitespace=True),
    Matcher(ignore_tool_order=True),
    Matcher(ignore="metadata.*"),
    Matcher(ignore="user"),
    Matcher(ignore="safety_identifier"),
    Matcher(ignore="prompt_cache_key"),
)
"""What is tried: rules that make no difference to what a model would answer."""


def remedy(request: RecordedRequest, recorded: RecordedRequest, base: Matcher) -> Matcher | None:
    """The fewest rules which, added to `base`, make the two requests equal; None where no rules do."""

    def equal(extra: Iterable[Matcher]) -> bool:
        matcher = base
        for rule in extra:
            matcher = matcher | rule
        return matcher(request).key() == matcher(recorded).key()

    if not equal(_SIMPLE):
        return None
    kept = list(_SIMPLE)
    for rule in reversed(_SIMPLE):
        without = [other for other in kept if other is not rule]
        if equal(without):
            kept = without
    result = Matcher()
    for rule in kept:
        result = result | rule
    return result
