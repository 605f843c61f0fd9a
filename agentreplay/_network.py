"""Refuses connections from inside sessions that block the network.

What is refused is what Python's sockets do: connecting, sending to an address, looking a name up. This machine
(loopback, Unix sockets) and the hosts that a session allows stay open. Listening is nobody's business.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, Final, Protocol

from agentreplay._callers import find_caller
from agentreplay._errors.verdict import NetworkBlockedError
from agentreplay._hosts import host_text, is_address, is_among, is_local
from agentreplay._json.reading import as_list
from agentreplay._patching import Patches, Wrapper

_INTERNET: Final = frozenset({socket.AF_INET, socket.AF_INET6})


class Blocking(Protocol):
    """A session that blocks the network."""

    @property
    def allowed_hosts(self) -> Iterable[str]:
        """Names and addresses that may be connected to; `*` in one stands for any part."""
        ...


class NetworkGuard:
    """The wrappers of this process. `blocked_scope` gives the session that a call made here belongs to, if it blocks.

    With `when` it is asked only while one of these is true. `targets` says for each module what to wrap once it is
    imported.
    """

    def __init__(self, blocked_scope: Callable[[], Blocking | None], when: Iterable[object] = ()) -> None:
        self._blocked_scope = blocked_scope
        self._when = when
        self._names: dict[str, str] = {}
        """The name under which an allowed host's address was looked up."""
        self.targets: Mapping[str, Callable[[ModuleType, Patches], None]] = {
            "socket": self._patch_socket,
            "asyncio.base_events": self._patch_event_loop,
            "asyncio.proactor_events": self._patch_proactor,
            "uvloop": self._patch_uvloop,
        }

    def _wrap(self, patches: Patches, owner: Any, name: str, wrapper: Wrapper) -> None:
        patches.wrap(owner, name, wrapper, when=self._when)

    def _patch_socket(self, module: ModuleType, patches: Patches) -> None:
        for name in ("connect", "connect_ex"):
            self._wrap(patches, module.socket, name, self._on_socket(lambda args: args[0] if args else None))
        self._wrap(patches, module.socket, "sendto", self._on_socket(lambda args: args[-1] if len(args) > 1 else None))
        if hasattr(module.socket, "sendmsg"):
            check = self._on_socket(lambda args: args[3] if len(args) > 3 else None)
            self._wrap(patches, module.socket, "sendmsg", check)
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            self._wrap(patches, module, name, self._look_up)

    def _patch_event_loop(self, module: ModuleType, patches: Patches) -> None:
        # It looks names up in a thread of its own, whose stack does not know the caller.
        self._wrap(patches, module.BaseEventLoop, "getaddrinfo", self._look_up)

    def _patch_proactor(self, module: ModuleType, patches: Patches) -> None:
        # Windows: it connects beside the socket's own methods.
        self._wrap(patches, module.BaseProactorEventLoop, "sock_connect", self._on_loop)
        # Since Python 3.11.
        if hasattr(module.BaseProactorEventLoop, "sock_sendto"):
            self._wrap(patches, module.BaseProactorEventLoop, "sock_sendto", self._on_loop)
        self._wrap(patches, module._ProactorDatagramTransport, "sendto", self._on_transport)

    def _patch_uvloop(self, module: ModuleType, patches: Patches) -> None:
        # It has sockets of its own, outside Python.
        self._wrap(patches, module.Loop, "getaddrinfo", self._look_up)
        self._wrap(patches, module.Loop, "create_connection", self._create_connection)
        self._wrap(patches, module.Loop, "create_datagram_endpoint", self._create_datagram_endpoint)

    def _on_socket(self, address_of: Callable[[tuple[Any, ...]], Any]) -> Wrapper:
        def checked(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if instance.family in _INTERNET:
                self._check(address_of(args))
            return wrapped(*args, **kwargs)

        return checked

    def _on_loop(self, wrapped: Any, _loop: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        sock = args[0] if args else kwargs.get("sock")
        if sock is not None and sock.family in _INTERNET:
            self._check(kwargs.get("address", args[-1] if len(args) > 1 else None))
        return wrapped(*args, **kwargs)

    def _on_transport(self, wrapped: Any, _transport: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check(args[1] if len(args) > 1 else kwargs.get("addr"))
        return wrapped(*args, **kwargs)

    def _create_connection(self, wrapped: Any, _loop: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        host = args[1] if len(args) > 1 else kwargs.get("host")
        port = args[2] if len(args) > 2 else kwargs.get("port")
        if host is not None:
            self._check((host, port))
        return wrapped(*args, **kwargs)

    def _create_datagram_endpoint(self, wrapped: Any, _loop: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check(args[2] if len(args) > 2 else kwargs.get("remote_addr"))
        return wrapped(*args, **kwargs)

    def _look_up(self, wrapped: Any, _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        scope = self._blocked_scope()
        host = host_text((args[0] if args else kwargs.get("host")) or "")
        if scope is None or is_address(host) or is_local(host) or host == host_text(socket.gethostname()):
            return wrapped(*args, **kwargs)
        if not is_among(host, scope.allowed_hosts):
            raise NetworkBlockedError(host, None, find_caller())
        found = wrapped(*args, **kwargs)
        for address in _addresses(found):
            self._names[host_text(address)] = host
        return found

    def _check(self, address: Any) -> None:
        """Refuse a connection to `address`, if the session that asks for it blocks and does not allow its host."""
        scope = self._blocked_scope()
        # What is no pair is no address either; the socket says so itself.
        if scope is not None and isinstance(address, tuple):
            self._refuse(address, scope)

    def _refuse(self, address: Any, scope: Blocking) -> None:
        host = host_text(address[0] if address else "")
        if is_local(host) or is_among(host, scope.allowed_hosts):
            return
        if not is_among(self._names.get(host, ""), scope.allowed_hosts):
            raise NetworkBlockedError(host, _port(address), find_caller())


def _port(address: Any) -> Any:
    return address[1] if len(address) > 1 else None


def _addresses(found: Any) -> list[Any]:
    """The addresses in what one of the three functions found; none where it is yet to be awaited."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, tuple):
        return as_list(found[2])
    return [entry[4][0] for entry in as_list(found)]
