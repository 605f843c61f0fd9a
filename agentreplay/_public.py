"""All public names, which `agentreplay` itself hands on."""

from agentreplay._arguments import cassette
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
from agentreplay._drift_report import DriftAspect, DriftEntry, DriftFinding, DriftLimits, DriftReport
from agentreplay._editing import edited, with_answer_text
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
from agentreplay._errors.files import (
    CassetteFileError,
    CassetteFormatError,
    CassetteIntegrityError,
    CassetteSchemaError,
    SeveralRecordingsError,
)
from agentreplay._errors.journal import JournalError, ProductionError, RecordingFaultWarning
from agentreplay._errors.mismatch import CassetteMismatchError
from agentreplay._errors.session import CassetteAgeWarning, CassetteTooOldError, ForkNotReachedWarning
from agentreplay._errors.tools import RecordedToolError, ToolForbiddenError, ToolResultError, ToolValueError
from agentreplay._errors.verdict import (
    NetworkBlockedError,
    NothingInterceptedError,
    ToolDriftWarning,
    UnusedFaultsError,
    UnusedInteractionsError,
)
from agentreplay._faults import Fault
from agentreplay._install import install, uninstall
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.strategy import MatchStrategy
from agentreplay._misses.miss import Change, Difference, MissReason, Nearest
from agentreplay._modes import Mode
from agentreplay._recorder import CassetteRecorder
from agentreplay._recording_here import status
from agentreplay._recording_status import RecordingStatus
from agentreplay._redaction import RedactionRule, Redactor
from agentreplay._replay_engine import ReplayEngine
from agentreplay._report import SessionReport
from agentreplay._session import Session
from agentreplay._settings import Settings, settings
from agentreplay._tools.declared import tool, wrap
from agentreplay._tools.function import ToolPolicy
from agentreplay._tools.patches import WrappedMethod
from agentreplay._trajectory import Trajectory
from agentreplay._version import __version__

__all__ = [
    "CASSETTE_SCHEMA_VERSION",
    "AgentReplayError",
    "AgentReplayWarning",
    "Cassette",
    "CassetteAgeWarning",
    "CassetteError",
    "CassetteFileError",
    "CassetteFormatError",
    "CassetteIntegrityError",
    "CassetteMeta",
    "CassetteMismatchError",
    "CassetteNotFoundError",
    "CassetteRecorder",
    "CassetteSchemaError",
    "CassetteSchemaWarning",
    "CassetteTooOldError",
    "Change",
    "ConfigurationError",
    "Difference",
    "DriftAspect",
    "DriftEntry",
    "DriftFinding",
    "DriftLimits",
    "DriftReport",
    "EmptyRecordingWarning",
    "Fault",
    "ForkNotReachedWarning",
    "IncompleteStreamError",
    "Interaction",
    "JournalError",
    "MatchStrategy",
    "Matcher",
    "MissReason",
    "Mode",
    "Nearest",
    "NetworkBlockedError",
    "NotRecordableError",
    "NotRecordableWarning",
    "NothingInterceptedError",
    "ProductionError",
    "RecordedError",
    "RecordedRequest",
    "RecordedResponse",
    "RecordedToolError",
    "RecordingError",
    "RecordingFaultWarning",
    "RecordingStatus",
    "RedactionRule",
    "Redactor",
    "ReplayEngine",
    "Session",
    "SessionError",
    "SessionReport",
    "Settings",
    "SeveralRecordingsError",
    "StandInKeyError",
    "StreamEvent",
    "ToolDriftWarning",
    "ToolForbiddenError",
    "ToolPolicy",
    "ToolResultError",
    "ToolValueError",
    "Trajectory",
    "UnfinishedCallWarning",
    "UnusedFaultsError",
    "UnusedInteractionsError",
    "WrappedMethod",
    "__version__",
    "cassette",
    "edited",
    "install",
    "settings",
    "status",
    "tool",
    "uninstall",
    "with_answer_text",
    "wrap",
]
