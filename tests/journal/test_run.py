"""`agentreplay run`: a program is recorded by its environment alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from agentreplay._running import STARTUP, environment_for
from agentreplay._sdks import SDK_PACKAGES
from agentreplay.cli import main
from agentreplay.integrations import integrations
from demo.provider import Provider
from tests.journal.programs import environment
from tests.journal.recordings import Recordings, question_of

APP: Final = """
import os, sys
import openai

def main(question):
    client = openai.OpenAI(base_url=os.environ["URL"], api_key="sk-test", max_retries=0)
    print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}]).id)

if __name__ == "__main__":
    main(sys.argv[1])
    sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
"""
AGENTREPLAY: Final = (sys.executable, "-m", "agentreplay.cli")


@pytest.fixture
def app(recordings: Recordings) -> Path:
    """A folder with an app that knows nothing of us, as a script and as a package."""
    folder = recordings.path.with_name("app")
    (folder / "package").mkdir(parents=True)
    (folder / "script.py").write_text(APP, "utf-8")
    (folder / "package" / "__init__.py").write_text("def session():\n    return 'from the app'\n", "utf-8")
    (folder / "package" / "__main__.py").write_text(APP, "utf-8")
    return folder


def run(
    app: Path, provider: Provider, recordings: Recordings, *command: str, options: tuple[str, ...] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """What became of `agentreplay run --record ... -- command`, run in the app's folder."""
    return subprocess.run(
        [*AGENTREPLAY, "run", "--record", str(recordings.path), *options, "--", *command],
        env=environment(provider.openai_url, recordings.path, **more),
        cwd=app,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command", [["script.py"], ["-m", "package"], ["-c", "import sys, script; script.main(sys.argv[1]); sys.exit(5)"]]
)
def test_a_program_is_recorded_without_a_change(
    app: Path, provider: Provider, recordings: Recordings, command: list[str]
) -> None:
    """As a script, as a module, as a line; its exit code and what it prints are its own."""
    done = run(app, provider, recordings, sys.executable, *command, "hello", "5")
    assert done.returncode == 5, done.stderr
    assert done.stdout == "chatcmpl-00000001\n"
    assert done.stderr == ""
    assert recordings.questions == ["hello"]


def test_what_the_program_starts_is_recorded_too(app: Path, provider: Provider, recordings: Recordings) -> None:
    """Through a shell, a process of its own and another folder; all in the one folder for recordings."""
    script = dedent(
        """
        import os, subprocess, sys
        here = os.getcwd()
        os.chdir("/")
        subprocess.run([sys.executable, os.path.join(here, "script.py"), "child"], check=True)
        sys.path.insert(0, here)
        import script
        script.main("parent")
        """
    )
    command = f'{sys.executable} -c "$SCRIPT"'
    relative = Recordings(app / "relative")
    done = subprocess.run(
        [*AGENTREPLAY, "run", "--record", "relative", "--", "sh", "-c", command],
        env=environment(provider.openai_url, recordings.path, SCRIPT=script),
        cwd=app,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert relative.questions == ["child", "parent"]
    assert len(relative.journals) == 2


def test_options_reach_the_program(app: Path, provider: Provider, recordings: Recordings) -> None:
    """The session's function is found where the app can import it; a share of nought records nothing."""
    named = ("--session-id", "package:session", "--max-bytes", "1000000")
    done = run(app, provider, recordings, sys.executable, "-m", "package", "hello", options=named)
    assert done.returncode == 0, done.stderr
    assert [journal.heading.session for journal in recordings.journals] == ["from the app"]
    none = ("--sample", "0")
    done = run(app, provider, recordings, sys.executable, "script.py", "not this one", options=none)
    assert done.returncode == 0, done.stderr
    assert recordings.questions == ["hello"]


def test_a_sitecustomize_of_the_users_own_is_still_imported(
    app: Path, provider: Provider, recordings: Recordings
) -> None:
    """Ours stands before it and hides it, so it imports it."""
    (app / "sitecustomize.py").write_text("import sys\nsys.from_the_user = __name__\n", "utf-8")
    program = "import sys, script; script.main(sys.from_the_user)"
    paths = os.pathsep.join([str(app), str(Path(__file__).parents[2])])
    done = run(app, provider, recordings, sys.executable, "-c", program, PYTHONPATH=paths)
    assert done.returncode == 0, done.stderr
    assert recordings.questions == ["sitecustomize"]


def test_a_program_that_uses_no_sdk_imports_nothing_of_ours(
    app: Path, provider: Provider, recordings: Recordings
) -> None:
    """Python processes of all sorts are started by an app; those without a call cost next to nothing."""
    program = (
        "import sys; print(sorted({name.partition('.')[0] for name in sys.modules} & {'pydantic', 'wrapt', 'openai'}))"
    )
    done = run(app, provider, recordings, sys.executable, "-c", program)
    assert done.stdout == "[]\n"


def test_a_program_runs_though_recording_cannot_be_set_up(
    app: Path, provider: Provider, recordings: Recordings
) -> None:
    """A variable that cannot be meant is told of on stderr, and the program goes on without us."""
    done = run(app, provider, recordings, sys.executable, "script.py", "hello", AGENTREPLAY_RECORD_SAMPLE="a half")
    assert done.returncode == 0
    assert done.stdout == "chatcmpl-00000001\n"
    assert "AGENTREPLAY_RECORD_SAMPLE" in done.stderr
    assert recordings.questions == []


def test_signals_reach_the_program(app: Path, provider: Provider, recordings: Recordings) -> None:
    """The program takes the place of the command: what is sent to it arrives, and its end is seen."""
    program = "import script, time; script.main('hello'); print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*AGENTREPLAY, "run", "--record", str(recordings.path), "--", sys.executable, "-c", program],
        env=environment(provider.openai_url, recordings.path),
        cwd=app,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)][1] == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
    assert recordings.questions == ["hello"]


def test_a_mode_is_set_for_the_program(app: Path, provider: Provider, recordings: Recordings) -> None:
    """With `--mode replay` nothing goes live, also in a program that never imports agentreplay."""
    done = subprocess.run(
        [*AGENTREPLAY, "run", "--mode", "replay", "--", sys.executable, "script.py", "hello"],
        env=environment(provider.openai_url, recordings.path),
        cwd=app,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "SessionError" in done.stderr
    assert provider.count == 0


def test_the_command_collects(
    app: Path, provider: Provider, recordings: Recordings, capsys: pytest.CaptureFixture[str]
) -> None:
    """`agentreplay collect` says what it made; its exit code says whether all is well."""
    run(app, provider, recordings, sys.executable, "script.py", "hello")
    assert main(["collect", str(recordings.path)]) == 0
    assert "1 calls collected" in capsys.readouterr().out
    assert recordings.collected_questions() == ["hello"]
    assert main(["collect", str(recordings.path / "nowhere")]) == 2
    assert "no journals" in capsys.readouterr().err
    damaged = recordings.path / "journal" / "a" / "b.jsonl"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("damaged\n", "utf-8")
    assert main(["collect", str(recordings.path)]) == 1
    assert str(damaged) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--record", "r"], "which program"),
        (["--record", "r", "--", "no-such-program-anywhere"], "no program"),
        (["--record", "r", "--sample", "2", "--", "true"], "sample"),
        (["--record", "r", "--max-bytes", "0", "--", "true"], "max_bytes"),
        (["--record", "r", "--mode", "replay", "--", "true"], "nothing to record"),
        (["--mode", "reply", "--", "true"], "replay"),
        (["--sample", "0.5", "--", "true"], "--record"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_runs(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2, as for every misuse of the command."""
    assert main(["run", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_environment_is_set_once_however_often_it_is_asked_for() -> None:
    """A program that is itself run under `agentreplay run` gets the inner options; paths of others stay."""
    once = environment_for({"PYTHONPATH": "/other"}, record=Path("/a"), sample=0.25)
    assert once == {
        "PYTHONPATH": f"{STARTUP}{os.pathsep}/other",
        "AGENTREPLAY_RECORD": "/a",
        "AGENTREPLAY_RECORD_SAMPLE": "0.25",
    }
    assert environment_for(once, record=Path("/b"))["PYTHONPATH"] == once["PYTHONPATH"]


def test_every_integration_is_known_at_the_start_of_a_process() -> None:
    """The names that are waited for are those of the SDKs that are wrapped."""
    wrapped = {name for integration in integrations() for name in integration.targets}
    unknown = {name for name in wrapped if not any(name == sdk or name.startswith(f"{sdk}.") for sdk in SDK_PACKAGES)}
    assert unknown == set()


@pytest.mark.parametrize("mode", ["replay", "extend", "auto"])
def test_production_serves_no_recordings(
    tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Where the process declares itself production, a session that would answer from a recording is not opened."""
    import agentreplay

    monkeypatch.setenv("AGENTREPLAY_ENV", "Production")
    with agentreplay.cassette("shop", directory=tmp_path, mode="record") as session:
        _ask(provider, "recording is allowed")
    assert [question_of(each) for each in session.interactions] == ["recording is allowed"]
    with pytest.raises(agentreplay.ProductionError, match="AGENTREPLAY_ENV"):
        agentreplay.cassette("shop", directory=tmp_path, mode=mode).start()
    monkeypatch.setenv("AGENTREPLAY_ENV", "staging")
    with agentreplay.cassette("shop", directory=tmp_path, mode=mode):
        _ask(provider, "recording is allowed")
    assert provider.count == 1


def test_production_records(
    recordings: Recordings, provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Recording an app, and recording a first time in mode `auto`, are what production is for."""
    import agentreplay

    monkeypatch.setenv("AGENTREPLAY_ENV", "production")
    recordings.install()
    _ask(provider, "app")
    with agentreplay.cassette("new", directory=tmp_path) as session:
        _ask(provider, "block")
    agentreplay.uninstall()
    assert recordings.questions == ["app"]
    assert len(session.interactions) == 1


def _ask(provider: Provider, question: str) -> None:
    from openai import OpenAI

    with OpenAI(base_url=provider.openai_url, api_key="sk-test", max_retries=0) as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
