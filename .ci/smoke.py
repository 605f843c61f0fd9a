"""The installed wheel, with no SDK and no source beside it: it holds the package, records, saves and replays."""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import files, requires
from pathlib import Path

import agentreplay
from agentreplay import Cassette, CassetteMismatchError, CassetteRecorder, RecordedRequest, ReplayEngine

FOREIGN = {"openai", "anthropic", "httpx", "httpx2", "aiohttp", "pytest", "demo"}

assert "site-packages" in agentreplay.__file__, f"not the installed package: {agentreplay.__file__}"
assert not FOREIGN & set(sys.modules), f"import agentreplay brought {FOREIGN & set(sys.modules)}"

shipped = {str(file) for file in files("agentreplay") or []}
folders = {name.split("/")[0] for name in shipped}
assert "agentreplay/py.typed" in shipped
# ".." is where commands lie, beside the interpreter.
assert all(folder in {"agentreplay", ".."} or folder.endswith(".dist-info") for folder in folders), folders
needed = [line for line in requires("agentreplay") or [] if "extra ==" not in line]
assert all(line.startswith(("pydantic", "wrapt", "tomli")) for line in needed), needed

recorder = CassetteRecorder("smoke")
question = {"messages": [{"role": "user", "content": "hello"}]}
recorder.record_llm_call("chat.completions.create", question, {"text": "hi"}, model="m")
with tempfile.TemporaryDirectory() as folder:
    recorded = recorder.finalize()
    path = Cassette.cassette_path(folder, "smoke", recorded.meta.content_hash)
    recorded.save(path)
    engine = ReplayEngine(Cassette.load(Path(path)))
asked = RecordedRequest(kind="llm", method="chat.completions.create", model="m", body=question)
assert engine.match(asked).body == {"text": "hi"}
assert engine.all_used
try:
    engine.match(asked.model_copy(update={"body": {}}))
except CassetteMismatchError:
    print(f"agentreplay {agentreplay.__version__}: the wheel records and replays, and needs {', '.join(needed)}")
else:
    raise AssertionError("a request that nobody recorded was answered")
