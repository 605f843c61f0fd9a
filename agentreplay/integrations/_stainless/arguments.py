"""What the funnel is called with."""

from __future__ import annotations

from typing import Any


class Arguments:
    """The arguments of `request`, in the shape of every supported version."""

    def __init__(
        self,
        cast_to: Any,
        options: Any,
        *rest: Any,
        stream: bool = False,
        stream_cls: Any = None,
        **more: Any,
    ) -> None:
        self.cast_to = cast_to
        self.options = options
        self.stream = stream
        self.stream_cls = stream_cls
        self._rest = rest
        self._more = more

    def send(self, wrapped: Any) -> Any:
        """Call the SDK's own funnel."""
        return wrapped(
            self.cast_to, self.options, *self._rest, stream=self.stream, stream_cls=self.stream_cls, **self._more
        )
