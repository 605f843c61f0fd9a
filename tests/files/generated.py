"""All that a recording could be, for the tests that generate cassettes."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._recorded import Interaction, RecordedError, RecordedRequest, RecordedResponse, StreamEvent

_FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False)
# A lone surrogate is legal in a JSON text, where it is escaped; in the fields that are plain texts none can stand.
_ANY_TEXT: Final = st.text(alphabet=st.characters(codec=None, exclude_categories=())) | st.just("half \ud83d of a pair")
_TEXT: Final = st.text()
_LEAF: Final = st.none() | st.booleans() | st.integers() | st.integers(-(10**400), 10**400) | _FLOATS | _ANY_TEXT
JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_ANY_TEXT, inner, max_size=4), max_leaves=12
)
_OBJECTS: Final = st.dictionaries(_ANY_TEXT, JSON, max_size=4)
_TEXTS_BY_NAME: Final = st.dictionaries(_TEXT, _TEXT, max_size=3)
_MILLISECONDS: Final = st.integers(0, 99_999).map(lambda hundredths: hundredths / 10)

_REQUESTS: Final = st.builds(
    RecordedRequest,
    kind=_TEXT,
    method=_TEXT,
    model=st.none() | _TEXT,
    body=_OBJECTS,
    path=st.none() | _TEXT,
    query=st.none() | _OBJECTS,
)
_EVENTS: Final = st.builds(StreamEvent, event=st.none() | _TEXT, data=JSON) | st.builds(
    StreamEvent, event=st.none() | _TEXT, text=_TEXT
)
_RESPONSES: Final = st.builds(
    RecordedResponse,
    status=_TEXT,
    body=JSON,
    prompt_tokens=st.none() | st.integers(),
    duration_ms=st.none() | _FLOATS,
    http_status=st.none() | st.integers(100, 599),
    headers=st.none() | _TEXTS_BY_NAME,
    encoding=st.none() | st.sampled_from(["json", "text", "base64"]),
    events=st.none() | st.lists(_EVENTS, max_size=3),
    event_times_ms=st.none() | st.lists(_MILLISECONDS, max_size=3),
    incomplete=st.none() | st.booleans(),
    error=st.none() | st.builds(RecordedError, type=_TEXT, message=_TEXT, cause=st.none() | _TEXT),
)
_INTERACTIONS: Final = st.builds(
    Interaction, id=_TEXT, sequence=st.integers(), request=_REQUESTS, response=_RESPONSES, metadata=_OBJECTS
)
_METAS: Final = st.builds(
    CassetteMeta, agentreplay_version=_TEXT, recorded_at=_TEXT, test_id=_TEXT, sdks=st.none() | _TEXTS_BY_NAME
)
CASSETTES: Final = st.builds(Cassette, meta=_METAS, interactions=st.lists(_INTERACTIONS, max_size=3))
"""Any cassette that could be recorded, not finalized."""
