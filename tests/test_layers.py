"""Imports go one way only, and importing the package brings nothing with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

import agentreplay

PACKAGE: Final = Path(agentreplay.__file__).parent

ROWS: Final[dict[str, str]] = {
    "values": """
        _version _kinds _printable _json _modes _errors _sdks _production
        _recording_status _misses _terminal _drift_report
    """,
    "plain rules": """
        _naming _hosts _paths _files _reading _upgrades _json.layout _json.text _carving _shapes
        _memos _linear _alike _likeness _fingerprints _sealing _packing _redaction _settings
    """,
    "the recorded models": """
        _recorded _provenance _redacting _nesting
        _meta _unread_texts _unread _unread_interactions _redacting_together _schema_1 _content
        _putting_together _sealed_events _sealed_interactions _loaded _cassette
    """,
    "what is done with recordings": """
        _clean_texts _foresight _matching _text_slots _rewriting _answer_events _editing _faults _forking
        _explaining _timeline _storage _migration _recorder _sse _report _ageing
        _journal _trajectory _drift
    """,
    "the decision": "_decisions _run_calls _noted _replay_engine _engine",
    "the running program": """
        _call_around _active _following _patching _pace _streams _outside _callers _network _calls _freezing
        _guard _guarded_streams _app_recording _recording_here _activity
    """,
    "functions of the program": "_tools",
    "the vendors": "integrations",
    "the session": "_judging _install _experiments _opening _decorating _keeping _session_view _session _arguments",
    "front doors": """
        testing pytest_plugin _pytest _vcr _scanning _collecting _running _startup cli _public __init__
    """,
}
"""From the bottom to the top; a package stands for all its modules that no row names."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES: Final = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def row_of(module: str) -> int | None:
    """The row that names the module, or else the package that it is in."""
    named = {name: number for number, row in enumerate(ROWS.values()) for name in row.split()}
    while module and module not in named:
        module = module.rpartition(".")[0]
    return named.get(module)


def imports(module: str) -> set[str]:
    """The package's own modules that this one imports, anywhere in it but for the type checker."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return {name for node in running_code(tree) for name in imported(node, module)} - {module}


def running_code(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from running_code(other)
            continue
        yield child
        yield from running_code(child)


def imported(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module} imports relatively, which this test does not follow"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return
    for name in names:
        top, _, inner = name.partition(".")
        if top == "agentreplay":
            yield next((known for known in (inner, inner.rpartition(".")[0]) if known in MODULES), "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_its_own_row_and_those_below(module: str) -> None:
    """Whoever opens a file knows what it cannot depend on."""
    row = row_of(module)
    assert row is not None, f"agentreplay/{module.replace('.', '/')}.py stands in no row of this test's table"
    too_high = {name for name in imports(module) if (row_of(name) or 0) > row}
    assert not too_high, f"{module} is in row {row} and imports {sorted(too_high)} from above"


def test_no_imports_go_round_in_a_circle() -> None:
    """Each module can be read after those that it imports."""
    try:
        list(TopologicalSorter({module: imports(module) for module in MODULES}).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_the_table_names_only_modules_that_exist() -> None:
    """A module that is gone leaves the table too."""
    packages = {name.split(".")[0] for name in MODULES}
    assert {name for row in ROWS.values() for name in row.split()} <= packages | set(MODULES)


@pytest.mark.parametrize("statement", ["import agentreplay", "from agentreplay import *", "import agentreplay.testing"])
def test_importing_the_package_imports_no_sdk_and_no_pytest(statement: str) -> None:
    """It costs a program nothing to have a cassette that it does not open."""
    script = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    foreign = {
        "openai",
        "anthropic",
        "httpx",
        "httpx2",
        "aiohttp",
        "pytest",
        "_pytest",
        "IPython",
        "botocore",
        "google",
    }
    assert not foreign & set(run.stdout.split())
