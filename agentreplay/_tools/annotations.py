"""What a function says that it returns, also where it says so in a text that only its own surroundings understand."""

from __future__ import annotations

import contextlib
import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, Final

from agentreplay._tools.names import underlying

_MOST_FRAMES: Final = 8


def caller() -> FrameType:
    """The frame that called the function that calls this."""
    return sys._getframe(2)


def _names_around(caller: FrameType) -> Sequence[Mapping[str, Any]]:
    """The local names of the functions and class bodies that the caller stands in, the innermost first."""
    found: list[Mapping[str, Any]] = []
    module = caller.f_globals
    frame: FrameType | None = caller
    while frame is not None and len(found) < _MOST_FRAMES:
        if frame.f_globals is module and frame.f_code.co_name != "<module>":
            found.append(frame.f_locals)
        frame = frame.f_back
    return found


def return_annotation(function: Any, defined_in: FrameType | None, given: Any = None) -> Callable[[], Any]:
    """A function that gives the return annotation of `function`: `given`, if it is; Any where there is none to be had.

    Where it is a text with local names, these are looked up now in `defined_in`, the frame that defines the function:
    they are gone once that has returned. A name that is not known yet (of a class that is defined further down) is
    looked up again each time it is asked.
    """
    if given is not None:
        return lambda: given
    plain = underlying(function)
    if not inspect.isroutine(plain) and not isinstance(plain, type):
        plain = underlying(getattr(plain, "__call__", plain))  # noqa: B004 (what is called of a callable object)
    annotation = _written(plain)
    if not isinstance(annotation, str):
        return lambda: annotation
    text = annotation
    found = _evaluated(text, plain, ())
    if found is _NOT_YET and defined_in is not None:
        # Only then: looking at the names of a frame keeps alive what they stand for.
        found = _evaluated(text, plain, _names_around(defined_in))
    if found is not _NOT_YET:
        return lambda: found

    def later() -> Any:
        known = _evaluated(text, plain, ())
        return Any if known is _NOT_YET else known

    return later


_NOT_YET: Final = object()


def _written(function: Any) -> Any:
    """The annotation as it stands, a text where it is one."""
    try:
        annotations = inspect.get_annotations(inspect.unwrap(function))
    except (TypeError, NameError, ValueError):
        return Any
    return annotations.get("return", Any)


def _evaluated(text: str, function: Any, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    plain = inspect.unwrap(function)
    known: dict[str, Any] = {}
    for names in reversed(namespaces):
        known.update(names)
    with contextlib.suppress(TypeError, ValueError):
        known.update(inspect.getclosurevars(plain).nonlocals)
    holder: Any = type("holder", (), {"__annotations__": {"return": text}})
    try:
        return typing.get_type_hints(holder, getattr(plain, "__globals__", {}), known, include_extras=True)["return"]
    except Exception:  # noqa: BLE001 (a text may be anything)
        return _NOT_YET
