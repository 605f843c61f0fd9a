"""The ids that an SDK takes from the headers of a response and keeps on the answer that it makes of it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from agentreplay.integrations._stainless.steps import is_own


class AnswerIds:
    """How the SDK does it whose module `models` this is.

    Its own function is asked once, of an object that is thrown away: through pydantic it takes as long as a third of
    the whole answer. A function that somebody put in the place of it is called each time.
    """

    def __init__(self, models: Any) -> None:
        self._models = models
        self._header = "request-id" if models.__name__.startswith("anthropic.") else "x-request-id"
        self._home = Path(inspect.getfile(models)).parent
        self._known: tuple[Any, list[str] | None] = None, None

    def put(self, answer: Any, recorded: Mapping[str, str]) -> None:
        """Let `answer` have the ids of these headers."""
        function: Any = getattr(self._models, "add_response_ids", None)
        if function is not None:
            headers = {"request_id": "request-id", "workspace_id": "anthropic-workspace-id"}
        else:
            function = getattr(self._models, "add_request_id", None)
            headers = {"request_id": self._header}
        if function is None:
            return
        ids = {name: _value_of(header, recorded) for name, header in headers.items()}
        known, names = self._known
        if known is not function:
            names = self._names_set_by(function, [*ids]) if is_own(function, self._home) else None
            self._known = function, names
        cls = cast("Any", type(answer))
        if names is None or cls.__private_attributes__ or cls.__setattr__ is not self._models.BaseModel.__setattr__:
            function(answer, **ids)
        else:
            held: dict[str, Any] = answer.__dict__
            held.update(zip(names, ids.values(), strict=True))

    def _names_set_by(self, function: Any, ids: list[str]) -> list[str] | None:
        """The attributes that `function` sets to these ids, in their order; None where it does anything else."""
        probe = self._models.BaseModel.construct()
        function(probe, **{name: name for name in ids})
        held: dict[str, Any] = probe.__dict__
        others = probe.__pydantic_private__, probe.__pydantic_extra__, probe.__pydantic_fields_set__
        return [*held] if [*held.values()] == ids and not any(others) else None


def _value_of(header: str, recorded: Mapping[str, str]) -> str | None:
    """The value of a header, whose name is given in lower case and may stand there in any."""
    found = recorded.get(header)
    if found is None:
        for name, value in recorded.items():
            if len(name) == len(header) and name.lower() == header:
                found = value
    return found
