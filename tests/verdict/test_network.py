"""The guard refuses connections from inside a session that blocks the network, and nothing else."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import pickle
import socket
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from agentreplay._errors.verdict import Caller, NetworkBlockedError
from agentreplay._hosts import host_text, is_among, is_local
from agentreplay._network import NetworkGuard
from agentreplay._patching import Patches

ELSEWHERE = "192.0.2.7"
"""An address that is reserved for examples."""


PACKAGE = """
import socket

def send(kept):
    try:
        socket.create_connection(("t.test", 1))
    except Exception as error:
        kept.append(error)
"""


@dataclass
class Session:
    """A session that blocks the network."""

    allowed_hosts: tuple[str, ...] = ()


in_force: contextvars.ContextVar[Session | None] = contextvars.ContextVar("in_force", default=None)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What got past the guard, to the socket's own functions: here they only tell."""
    seen: list[Any] = []

    def connect(_socket: socket.socket, address: Any) -> int:
        seen.append(address)
        return 0

    def look_up(host: Any, port: Any = None, *_: Any, **__: Any) -> list[Any]:
        seen.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ELSEWHERE, port))]

    def look_up_one(host: Any) -> str:
        seen.append(host)
        return ELSEWHERE

    def look_up_more(host: Any) -> tuple[Any, list[str], list[str]]:
        seen.append(host)
        return host, [], [ELSEWHERE]

    def send(_socket: socket.socket, *arguments: Any) -> int:
        seen.append(arguments[-1])
        return 1

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, connect)
    monkeypatch.setattr(socket.socket, "sendto", send)
    monkeypatch.setattr(socket.socket, "sendmsg", send)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "gethostbyname", look_up_one)
    monkeypatch.setattr(socket, "gethostbyname_ex", look_up_more)
    return seen


@pytest.fixture
def session(reached: list[Any]) -> Generator[Session, None, None]:
    """The guard is laid, and this test runs inside a session that blocks."""
    assert reached == []
    patches = Patches()
    guard = NetworkGuard(in_force.get)
    for name, patch in guard.targets.items():
        if name != "uvloop":
            patch(importlib.import_module(name), patches)
    before = in_force.get()
    blocking = Session()
    in_force.set(blocking)
    yield blocking
    in_force.set(before)
    patches.undo()


def udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def using(sock: socket.socket, attempt: Callable[[socket.socket], object]) -> None:
    with sock:
        attempt(sock)


def connect(host: Any = ELSEWHERE, port: int = 80) -> None:
    with socket.socket() as sock:
        sock.connect((host, port))


ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect": connect,
    "connect by name": lambda: connect("api.example.com"),
    "connect by name in bytes": lambda: connect(b"api.example.com"),
    "connect_ex": lambda: using(socket.socket(), lambda sock: sock.connect_ex((ELSEWHERE, 80))),
    "IPv6": lambda: using(socket.socket(socket.AF_INET6), lambda sock: sock.connect(("2001:db8::1", 80, 0, 0))),
    "sendto": lambda: using(udp(), lambda sock: sock.sendto(b"x", (ELSEWHERE, 53))),
    "sendto with flags": lambda: using(udp(), lambda sock: sock.sendto(b"x", 0, (ELSEWHERE, 53))),
    "sendmsg": lambda: using(udp(), lambda sock: sock.sendmsg([b"x"], [], 0, (ELSEWHERE, 53))),
    "connected datagrams": lambda: using(udp(), lambda sock: sock.connect((ELSEWHERE, 53))),
    "create_connection": lambda: socket.create_connection(("api.example.com", 443)).close(),
    "getaddrinfo": lambda: socket.getaddrinfo("api.example.com", 443),
    "getaddrinfo by keywords": lambda: socket.getaddrinfo(host="api.example.com", port=443),
    "gethostbyname": lambda: socket.gethostbyname("api.example.com"),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex("api.example.com"),
    "asyncio by name": lambda: asyncio.run(open_connection("api.example.com")),
    "asyncio by address": lambda: asyncio.run(open_connection(ELSEWHERE)),
    "asyncio's sock_connect": lambda: asyncio.run(sock_connect()),
}


async def open_connection(host: str) -> None:
    await asyncio.open_connection(host, 443)


async def sock_connect() -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (ELSEWHERE, 80))


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_a_connection_is_refused(attempt: Callable[[], object], reached: list[Any]) -> None:
    """By whatever function of sockets or of asyncio: nothing reaches the machine's own."""
    with pytest.raises(NetworkBlockedError):
        attempt()
    assert reached == []


@pytest.mark.parametrize("attempt", [name for name in ATTEMPTS if "asyncio" not in name])
def test_outside_a_session_nothing_is_refused(attempt: str, session: Session, reached: list[Any]) -> None:
    """The guard is laid for the whole process, and asks for each connection whose it is."""
    in_force.set(None)
    ATTEMPTS[attempt]()
    in_force.set(session)
    assert len(reached) >= 1


@pytest.mark.usefixtures("session")
def test_the_error_names_the_place_in_the_program() -> None:
    """File, line and function of the caller, though the standard library stands between."""
    line = sys._getframe().f_lineno + 2
    with pytest.raises(NetworkBlockedError) as caught:
        socket.create_connection(("API.example.com.", 443))
    assert caught.value.caller == Caller(__file__, line, "test_the_error_names_the_place_in_the_program")
    assert (caught.value.host, caught.value.port) == ("api.example.com", None)
    refused = "looking up the host 'api.example.com' was refused: this session blocks the network, as sessions do that "
    assert str(caught.value).splitlines()[:2] == [
        f"{refused}replay.",
        f"Wanted by {__file__}:{line}, in test_the_error_names_the_place_in_the_program.",
    ]
    assert "allowed_hosts=['api.example.com']" in str(caught.value)


@pytest.mark.usefixtures("session")
def test_the_error_names_the_coroutine_that_wanted_to_connect() -> None:
    """An event loop looks names up in another thread; the caller is known all the same."""
    with pytest.raises(NetworkBlockedError) as caught:
        asyncio.run(open_connection("api.example.com"))
    assert caught.value.caller is not None
    assert (caught.value.caller.file, caught.value.caller.function) == (__file__, "open_connection")


@pytest.mark.usefixtures("session")
def test_a_package_is_named_where_no_code_of_the_program_is_on_the_stack(tmp_path: Path) -> None:
    """A thread that an installed package started: its own place is the best there is. With none, the text says so."""
    folder = tmp_path / "site-packages" / "telemetry"
    folder.mkdir(parents=True)
    space: dict[str, Any] = {}
    exec(compile(PACKAGE, str(folder / "client.py"), "exec"), space)
    kept: list[NetworkBlockedError] = []
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(space["send"], kept))
    thread.start()
    thread.join()
    assert kept[0].caller == Caller(str(folder / "client.py"), 6, "send")
    assert "does not tell which part" in str(NetworkBlockedError("t.test", 1, None))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST.", "app.localhost", "::1", "0.0.0.0"]
)
def test_this_machine_stays_open(host: str, session: Session, reached: list[Any]) -> None:
    """Servers of the test itself, by any name of loopback."""
    assert session.allowed_hosts == ()
    connect(host)
    socket.getaddrinfo(host, 80)
    assert reached == [(host, 80), host]


@pytest.mark.usefixtures("session")
def test_unix_sockets_and_listening_stay_open(reached: list[Any], tmp_path: Path) -> None:
    """Neither leaves the machine."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(tmp_path / "socket"))
    assert reached == [str(tmp_path / "socket")]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()


@pytest.mark.usefixtures("session")
def test_looking_up_what_needs_no_looking_up_stays_open(reached: list[Any]) -> None:
    """An address, no host at all, the machine's own name: nobody is asked, and connecting is judged on its own."""
    for host in (ELSEWHERE, None, socket.gethostname()):
        socket.getaddrinfo(host, 80)
    assert reached == [ELSEWHERE, None, socket.gethostname()]
    with pytest.raises(NetworkBlockedError):
        connect(ELSEWHERE)


@pytest.mark.parametrize("allowed", [ELSEWHERE, "192.0.2.*", "*"])
def test_an_allowed_address_may_be_connected_to(allowed: str, session: Session, reached: list[Any]) -> None:
    """It is named as it stands, or by a pattern."""
    session.allowed_hosts = (allowed,)
    connect()
    assert reached == [(ELSEWHERE, 80)]


@pytest.mark.parametrize("allowed", ["db.internal", "*.internal", "DB.internal."])
@pytest.mark.parametrize("look_up", [socket.getaddrinfo.__name__, "gethostbyname", "gethostbyname_ex"])
def test_an_allowed_name_may_be_looked_up_and_its_address_connected_to(
    allowed: str, look_up: str, session: Session, reached: list[Any]
) -> None:
    """The address behind the name is not known beforehand, and is let through while the name is allowed."""
    session.allowed_hosts = (allowed,)
    arguments = (80,) if look_up == "getaddrinfo" else ()
    getattr(socket, look_up)("db.internal", *arguments)
    connect()
    assert reached[-1] == (ELSEWHERE, 80)
    session.allowed_hosts = ()
    with pytest.raises(NetworkBlockedError, match=f"a connection to {ELSEWHERE}:80 was refused"):
        connect()


def test_an_allowed_name_works_through_an_event_loop(session: Session, reached: list[Any]) -> None:
    """The loop looks it up in a thread of its own."""
    session.allowed_hosts = ("db.internal",)

    async def look_up() -> Any:
        return await asyncio.get_running_loop().getaddrinfo("db.internal", 80)

    assert asyncio.run(look_up())[0][4] == (ELSEWHERE, 80)
    assert reached == ["db.internal"]


def test_threads_and_tasks_are_judged_by_their_own_session(session: Session, reached: list[Any]) -> None:
    """One connection is refused and another let through at the same time, as the given function tells."""
    assert session.allowed_hosts == ()
    refused: list[bool] = []

    async def attempt(allowed: str) -> None:
        in_force.set(Session((allowed,)))
        await asyncio.sleep(0)
        try:
            connect()
        except NetworkBlockedError:
            refused.append(allowed != ELSEWHERE)

    async def both() -> None:
        await asyncio.gather(attempt(ELSEWHERE), attempt("other.test"))

    asyncio.run(both())
    assert (refused, reached) == ([True], [(ELSEWHERE, 80)])


def held(owner: Any) -> dict[str, Any]:
    return {**vars(owner)}


def test_undo_leaves_everything_as_it_was() -> None:
    """Classes and modules hold what they held, inherited methods included."""
    modules = [importlib.import_module(name) for name in ("socket", "asyncio.base_events", "asyncio.proactor_events")]
    owners: list[Any] = [*modules, socket.socket, asyncio.base_events.BaseEventLoop]
    proactor: Any = importlib.import_module("asyncio.proactor_events")
    owners += [proactor.BaseProactorEventLoop, proactor._ProactorDatagramTransport]
    before: list[dict[str, Any]] = [held(owner) for owner in owners]
    patches = Patches()
    guard = NetworkGuard(in_force.get)
    for module in modules:
        guard.targets[module.__name__](module, patches)
    assert [held(owner) for owner in owners] != before
    patches.undo()
    assert [held(owner) for owner in owners] == before


def test_what_is_no_address_is_left_to_the_socket() -> None:
    """A call that cannot work fails as it would without us."""
    patches = Patches()
    guard = NetworkGuard(Session)
    guard.targets["socket"](socket, patches)
    try:
        with socket.socket() as sock, pytest.raises(TypeError):
            sock.connect()  # type: ignore[call-arg]
        with udp() as sock, pytest.raises(TypeError):
            sock.sendto(b"x")  # type: ignore[call-overload]
    finally:
        patches.undo()


class Loop:
    """The methods by which uvloop, and asyncio on Windows, connect beside Python's sockets."""

    def __init__(self) -> None:
        self.reached: list[Any] = []

    async def getaddrinfo(self, host: Any, port: Any) -> None:
        self.reached.append(host)

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, *, sock: Any = None) -> None:
        self.reached.append(host)

    async def create_datagram_endpoint(self, factory: Any, local_addr: Any = None, remote_addr: Any = None) -> None:
        self.reached.append(remote_addr)

    async def sock_connect(self, sock: Any, address: Any) -> None:
        self.reached.append(address)

    async def sendto(self, data: bytes, addr: Any = None) -> None:
        self.reached.append(addr)

    async def sock_sendto(self, sock: Any, data: bytes, address: Any) -> None:
        self.reached.append(address)


ANY_SOCKET = SimpleNamespace(family=socket.AF_INET)
LOOP_ATTEMPTS: dict[str, Callable[[Loop, str], Any]] = {
    "look up": lambda loop, host: loop.getaddrinfo(host, 80),
    "connect": lambda loop, host: loop.create_connection(None, host, 80),
    "connect by keywords": lambda loop, host: loop.create_connection(None, host=host, port=80),
    "datagrams": lambda loop, host: loop.create_datagram_endpoint(None, remote_addr=(host, 80)),
    "socket": lambda loop, host: loop.sock_connect(ANY_SOCKET, (host, 80)),
    "sent datagram": lambda loop, host: loop.sendto(b"x", (host, 80)),
    "datagram": lambda loop, host: loop.sock_sendto(ANY_SOCKET, b"x", address=(host, 80)),
}


@pytest.mark.parametrize("attempt", LOOP_ATTEMPTS.values(), ids=LOOP_ATTEMPTS.keys())
def test_event_loops_that_connect_on_their_own_are_guarded(attempt: Callable[[Loop, str], Any]) -> None:
    """Their methods refuse what the sockets' own would, and let the rest through."""
    patches = Patches()
    guard = NetworkGuard(Session)
    uvloop, proactor = ModuleType("uvloop"), ModuleType("asyncio.proactor_events")
    uvloop.Loop = proactor.BaseProactorEventLoop = Loop  # type: ignore[attr-defined]
    proactor._ProactorDatagramTransport = Loop  # type: ignore[attr-defined]
    for module in (uvloop, proactor):
        guard.targets[module.__name__](module, patches)
    loop = Loop()
    try:
        with pytest.raises(NetworkBlockedError):
            asyncio.run(attempt(loop, "api.example.com"))
        assert loop.reached == []
        asyncio.run(attempt(loop, "localhost"))
        assert len(loop.reached) == 1
        asyncio.run(loop.create_connection(None, sock=object()))
        asyncio.run(loop.create_datagram_endpoint(None, ("127.0.0.1", 0)))
        asyncio.run(loop.sendto(b"x"))
    finally:
        patches.undo()


def test_the_error_comes_whole_out_of_another_process() -> None:
    """Text and fields survive the way."""
    error = NetworkBlockedError("a.test", 80, Caller("/app/main.py", 3, "run"))
    sent: NetworkBlockedError = pickle.loads(pickle.dumps(error))
    assert (str(sent), sent.host, sent.port, sent.caller) == (str(error), "a.test", 80, error.caller)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("::ffff:127.0.0.1", True),
        ("::", True),
        ("[::1]", True),
        ("::1%lo", True),
        ("", True),
        ("::ffff:192.0.2.7", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("128.0.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_which_hosts_mean_this_machine(host: str, local: bool) -> None:
    """Loopback in all its spellings, and nothing that only looks like it."""
    assert is_local(host_text(host)) is local


def test_patterns_cover_whole_hosts() -> None:
    """A name allows itself, not what ends or begins with it."""
    assert is_among("db.internal", ["db.internal"])
    assert not is_among("evil-db.internal", ["db.internal"])
    assert not is_among("db.internal.example.com", ["db.internal", "*.internal"])
    assert not is_among("internal", ["*.internal"])
    assert is_among(host_text("fe80::1%eth0"), ["fe80::1"])


class OtherFamily:
    """A socket of a family that is no internet's, such as the one between a machine and its guests."""

    family = 40

    def connect(self, address: tuple[int, int]) -> str:
        return f"connected to {address}"


def test_other_families_of_sockets_are_let_through() -> None:
    """Their addresses name no host."""
    patches = Patches()
    guard = NetworkGuard(Session)
    module = ModuleType("socket")
    for name in ("connect_ex", "sendto", "sendmsg"):
        setattr(OtherFamily, name, OtherFamily.connect)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(module, name, len)
    module.socket = OtherFamily  # type: ignore[attr-defined]
    guard.targets["socket"](module, patches)
    try:
        assert OtherFamily().connect((2, 1024)) == "connected to (2, 1024)"
    finally:
        patches.undo()
