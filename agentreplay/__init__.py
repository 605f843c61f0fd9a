"""Record what an agent's models answer, replay it offline.

    with agentreplay.cassette("test_weather"):
        run_my_agent()

The first run records, later ones replay: deterministic, offline, without a key.
"""

from agentreplay._cassette import (
    CASSETTE_SCHEMA_VERSION,
    Cassette,
    CassetteMeta,
    Interaction,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    StreamEvent,
)
from agentreplay._engine import ReplayEngine
from agentreplay._errors import (
    AgentReplayError,
    AgentReplayWarning,
    CassetteError,
    CassetteMismatchError,
    CassetteNotFoundError,
    CassetteSchemaWarning,
    ConfigurationError,
    EmptyRecordingWarning,
    IncompleteStreamError,
    NotRecordableError,
    NotRecordableWarning,
    RecordingError,
    SessionError,
    StandInKeyError,
    UnfinishedCallWarning,
)
from agentreplay._install import install, uninstall
from agentreplay._matching import MatchStrategy
from agentreplay._modes import Mode, mode_from_environment
from agentreplay._recorder import CassetteRecorder
from agentreplay._session import Session, cassette
from agentreplay._version import __version__

__all__ = [
    "CASSETTE_SCHEMA_VERSION",
    "AgentReplayError",
    "AgentReplayWarning",
    "Cassette",
    "CassetteError",
    "CassetteMeta",
    "CassetteMismatchError",
    "CassetteNotFoundError",
    "CassetteRecorder",
    "CassetteSchemaWarning",
    "ConfigurationError",
    "EmptyRecordingWarning",
    "IncompleteStreamError",
    "Interaction",
    "MatchStrategy",
    "Mode",
    "NotRecordableError",
    "NotRecordableWarning",
    "RecordedError",
    "RecordedRequest",
    "RecordedResponse",
    "RecordingError",
    "ReplayEngine",
    "Session",
    "SessionError",
    "StandInKeyError",
    "StreamEvent",
    "UnfinishedCallWarning",
    "__version__",
    "cassette",
    "install",
    "uninstall",
]

if mode_from_environment() is Mode.REPLAY:
    # Clients are often built when a module is imported, before any cassette is open, and must not want a key then.
    install()
