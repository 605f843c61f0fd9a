"""Which calls belong to a test: those of its body and of its own fixtures, however it is run."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import SHARED_LOOPS, Project

pytest_plugins = ["pytester"]

MARKED = "@pytest.mark.agentreplay\n"


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.agentreplay\ndef test_it(): ask()",
        "pytestmark = pytest.mark.agentreplay\ndef test_it(): ask()",
        "@pytest.mark.agentreplay\nclass TestIt:\n    def test_it(self): ask()",
        "class TestIt:\n    pytestmark = [pytest.mark.agentreplay]\n    def test_it(self): ask()",
        "def test_it(agentreplay_cassette): ask()",
        "def test_it(cassette): ask()",
        "@pytest.mark.usefixtures('agentreplay_cassette')\ndef test_it(): ask()",
        "@pytest.fixture\ndef mine(agentreplay_cassette): pass\ndef test_it(mine): ask()",
        "def test_it(request):\n    request.getfixturevalue('agentreplay_cassette')\n    ask()",
        "@pytest.mark.parametrize('n', [pytest.param(1, marks=pytest.mark.agentreplay)])\ndef test_it(n): ask()",
    ],
)
def test_a_test_asks_for_its_session_by_mark_or_fixture(project: Project, text: str) -> None:
    """On function, class, module or parameter; by the fixture's long and short name, directly or not."""
    project.test(text)
    project.run().assert_outcomes(passed=1)
    with project.offline():
        result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test: replayed 1"])


def test_other_tests_have_none(project: Project) -> None:
    """A test that did not ask for a session makes its calls live, and nothing is kept."""
    project.test(f"def test_plain(): ask()\n{MARKED}def test_marked(): ask()")
    project.run().assert_outcomes(passed=2)
    project.run().assert_outcomes(passed=2)
    assert project.cassettes == ["cassettes/test_agent/test_marked"]
    assert project.provider.count == 3


def test_all_tests_have_one_where_the_ini_file_says_so(project: Project) -> None:
    """`agentreplay_auto`; a test without any call passes and has no cassette."""
    project.ini("agentreplay_auto = true")
    project.test("def test_call(): ask()\ndef test_none(): pass")
    project.run().assert_outcomes(passed=2)
    assert project.cassettes == ["cassettes/test_agent/test_call"]
    with project.offline():
        project.run("--agentreplay-mode=replay").assert_outcomes(passed=2)


def test_the_fixture_is_the_session(project: Project) -> None:
    """It is what `agentreplay.cassette` gives."""
    project.test("""
        import agentreplay

        def test_it(agentreplay_cassette, cassette):
            assert isinstance(agentreplay_cassette, agentreplay.Session)
            assert cassette is agentreplay_cassette
            assert ask() in str(agentreplay_cassette.trajectory)
    """)
    project.run().assert_outcomes(passed=1)


def test_a_fixture_called_cassette_elsewhere_is_left_alone(project: Project) -> None:
    """Whether it is a conftest's or another plugin's, installed or named on the command line."""
    fixture = "import pytest\n@pytest.fixture\ndef cassette(): return {!r}\n"
    project.write("other_plugin.py", fixture.format("plugin"))
    project.test("def test_it(cassette): assert cassette == 'plugin'")
    project.run("-p", "other_plugin").assert_outcomes(passed=1)
    project.write("conftest.py", fixture.format("conftest"))
    project.test("def test_it(cassette): assert cassette == 'conftest'")
    project.run("-p", "other_plugin").assert_outcomes(passed=1)


FIXTURES = """
    @pytest.fixture(autouse=True)
    def first():
        ask("autouse, before")
        yield
        ask("autouse, after")

    @pytest.fixture
    def second():
        ask("fixture, before")
        yield
        ask("fixture, after")

    @pytest.mark.agentreplay
    class TestIt:
        def setup_method(self): ask("setup_method")
        def teardown_method(self): ask("teardown_method")
        def test_it(self, second): ask("test")
"""


def test_calls_of_the_tests_own_fixtures_belong_to_it(project: Project) -> None:
    """Set up and torn down, autouse or not, and the methods around a test."""
    project.test(FIXTURES)
    project.run().assert_outcomes(passed=1)
    [file] = project.files
    assert file.read_text().count('"sequence"') == 7
    with project.offline():
        result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test: replayed 7"])


def test_a_call_of_a_teardown_that_does_not_come_is_an_error_of_the_teardown(project: Project) -> None:
    """Only what was recorded there is waited for until then."""
    project.test(FIXTURES)
    project.run().assert_outcomes(passed=1)
    project.test(FIXTURES.replace('ask("fixture, after")', "pass"))
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_agent.py::TestIt::test_it*Unused*"])


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_calls_of_wider_fixtures_do_not(project: Project, scope: str) -> None:
    """They are made once, by whichever test comes first; which must not be seen in its cassette."""
    project.test(f"""
        @pytest.fixture(scope="{scope}")
        def wide():
            ask("wide, before")
            yield
            ask("wide, after")

        @pytest.mark.agentreplay
        class TestIt:
            def test_static(self, wide): ask("static")

            def test_dynamic(self, request):
                ask("dynamic")
                request.getfixturevalue("wide")
                ask("dynamic again")
    """)
    names = ["test_static", "test_dynamic"]
    for order in (names, names[::-1]):
        verdicts = project.verdicts(*(f"test_agent.py::TestIt::{name}" for name in order), "--agentreplay-mode=record")
        assert [verdicts[name]["recorded"] for name in names] == [1, 2]


def test_a_wider_fixture_can_have_a_session_of_its_own(project: Project) -> None:
    """By hand, as anywhere."""
    project.test("""
        import agentreplay

        @pytest.fixture(scope="module")
        def wide():
            with agentreplay.cassette("wide"):
                return ask("wide")

        @pytest.mark.agentreplay
        def test_it(request):
            assert ask() != request.getfixturevalue("wide")
    """)
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["cassettes/test_agent/test_it", "cassettes/wide"]
    with project.offline():
        project.run().assert_outcomes(passed=1)


ASYNC_RUNNERS = {
    "asyncio": "pytestmark = [pytest.mark.agentreplay, pytest.mark.asyncio]\nimport pytest_asyncio\n",
    "shared loop": (
        "pytestmark = [pytest.mark.agentreplay, pytest.mark.asyncio(loop_scope='module')]\nimport pytest_asyncio\n"
    ),
    "anyio": """
pytestmark = [pytest.mark.agentreplay, pytest.mark.anyio]
class pytest_asyncio: fixture = staticmethod(pytest.fixture)

@pytest.fixture
def anyio_backend(): return "asyncio"
""",
    "shared runner": """
pytestmark = [pytest.mark.agentreplay, pytest.mark.anyio]
class pytest_asyncio: fixture = staticmethod(pytest.fixture)

@pytest.fixture(scope="module")
def anyio_backend(): return "asyncio"

@pytest.fixture(scope="module", autouse=True)
async def alive(anyio_backend): yield
""",
}


@pytest.mark.parametrize("runner", [name for name in ASYNC_RUNNERS if SHARED_LOOPS or name != "shared loop"])
def test_asynchronous_tests_and_fixtures_are_in_their_session(project: Project, runner: str) -> None:
    """Under pytest-asyncio and anyio, also where loop and runner are older than the test."""
    loop = ", loop_scope='module'" if runner == "shared loop" else ""
    fixture = f"@pytest_asyncio.fixture({loop.strip(', ')})" if loop else "@pytest_asyncio.fixture"
    project.test(
        f"{ASYNC_RUNNERS[runner]}\nimport asyncio\n\n{fixture}\nasync def asked():\n"
        "    yield await ask_async('fixture, before')\n    await ask_async('fixture, after')\n"
        """
async def test_first(asked):
    await asyncio.gather(ask_async("one"), ask_async("two"))

async def test_second(asked):
    await asyncio.create_task(ask_async("three"))
    await asyncio.to_thread(ask, "four")

class TestThird:
    async def test_third(self, asked):
        await asyncio.get_running_loop().run_in_executor(None, ask, "five")
"""
    )
    verdicts = project.verdicts()
    assert {name: verdict["recorded"] for name, verdict in verdicts.items()} == {
        "test_first": 4,
        "test_second": 4,
        "test_third": 3,
    }
    with project.offline():
        project.run().assert_outcomes(passed=3)


def test_tests_of_the_standard_library_are_in_their_session(project: Project) -> None:
    """`unittest.TestCase` and its asynchronous twin, with what they set up and tear down."""
    project.test("""
        import unittest

        @pytest.mark.agentreplay
        class TestPlain(unittest.TestCase):
            def setUp(self): ask("setUp")
            def tearDown(self): ask("tearDown")
            def test_plain(self): ask("test")

        @pytest.mark.agentreplay
        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self): await ask_async("setUp")
            async def test_async(self): await ask_async("test")
    """)
    verdicts = project.verdicts()
    assert [verdicts[name]["recorded"] for name in ("test_plain", "test_async")] == [3, 2]
    with project.offline():
        project.run().assert_outcomes(passed=2)


def test_a_thread_that_outlives_its_test_is_refused(project: Project) -> None:
    """Its calls are not taken for those of the test that runs then."""
    project.test("""
        import threading

        import agentreplay

        left, go = [], threading.Event()

        def later():
            go.wait()
            try:
                ask("too late")
            except agentreplay.SessionError as error:
                left.append(error)

        @pytest.mark.agentreplay
        def test_first():
            ask("first")
            left.append(threading.Thread(target=later))
            left[0].start()

        @pytest.mark.agentreplay
        def test_second():
            ask("second")
            go.set()
            left[0].join()
            assert isinstance(left[1], agentreplay.SessionError)
    """)
    verdicts = project.verdicts()
    assert [verdicts[name]["recorded"] for name in ("test_first", "test_second")] == [1, 1]
    assert project.provider.count == 2


def test_a_thread_that_is_older_than_the_tests_works_for_the_one_that_runs(project: Project) -> None:
    """A server or worker that a session-scoped fixture has started."""
    project.test("""
        import queue, threading

        @pytest.fixture(scope="session")
        def worker():
            asked, answered = queue.Queue(), queue.Queue()

            def work():
                while (text := asked.get()) is not None:
                    answered.put(ask(text))

            thread = threading.Thread(target=work)
            thread.start()
            yield lambda text: (asked.put(text), answered.get(timeout=10))[1]
            asked.put(None)
            thread.join()

        @pytest.mark.agentreplay
        @pytest.mark.parametrize("text", ["one", "two"])
        def test_it(worker, text):
            assert text in worker(text)
    """)
    project.run().assert_outcomes(passed=2)
    with project.offline():
        project.run().assert_outcomes(passed=2)


def test_a_session_by_hand_inside_a_test_is_the_inner_one(project: Project) -> None:
    """The calls in its block are its own, the others the test's."""
    project.test("""
        import agentreplay

        @pytest.mark.agentreplay
        def test_it():
            ask("outer")
            with agentreplay.cassette("inner"):
                ask("inner")
    """)
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["cassettes/inner", "cassettes/test_agent/test_it"]
    with project.offline():
        result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test: replayed 2"])


def test_doctests_and_other_items_are_left_alone(project: Project) -> None:
    """Also where every test is treated as marked."""
    project.ini("agentreplay_auto = true", "doctest_optionflags = ELLIPSIS")
    project.write(
        "lib.py",
        '''
        def double(n):
            """
            >>> double(2)
            4
            """
            return 2 * n
    ''',
    )
    project.run("--doctest-modules", "lib.py").assert_outcomes(passed=1)
