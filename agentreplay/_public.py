"""All public names, which `agentreplay` itself hands on."""

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
from agentreplay._mismatch import CassetteMismatchError
from agentreplay._modes import Mode
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
