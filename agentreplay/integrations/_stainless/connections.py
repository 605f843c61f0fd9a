"""WebSockets: they bypass the funnel, and cannot be recorded."""

from __future__ import annotations

import warnings
from typing import Any

from agentreplay._active import current
from agentreplay._errors import NotRecordableError, NotRecordableWarning
from agentreplay._modes import Mode
from agentreplay._outside import calls_refused, refuse
from agentreplay._patching import Wrapper
from agentreplay.integrations._stainless.vendor import Vendor


def refuse_connection(vendor: Vendor) -> Wrapper:
    """The wrapper for the methods that open a WebSocket: refused in replay, warned of while recording."""

    def connect(wrapped: Any, resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        what = f"{vendor.name} {type(resource).__qualname__}.connect()"
        scope = current()
        if scope is None:
            if calls_refused():
                raise refuse(what)
        elif scope.mode is Mode.REPLAY:
            raise NotRecordableError(what)
        elif scope.engine.records:
            warnings.warn(NotRecordableWarning(what), stacklevel=3)
        return wrapped(*args, **kwargs)

    return connect
