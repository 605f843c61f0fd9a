"""What the two major versions of the SDK have in different places, found at run time: no checker sees both at once."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeAlias

SECOND: Final = find_spec("mcp_types") is not None
"""Whether this is 2.x."""


def sdk(module: str) -> Any:
    """A module of the SDK."""
    return import_module(module)


types: Any = sdk("mcp_types" if SECOND else "mcp.types")
Server: Any = sdk("mcp.server.mcpserver").MCPServer if SECOND else sdk("mcp.server.fastmcp").FastMCP
McpError: Any = sdk("mcp.shared.exceptions").MCPError if SECOND else sdk("mcp.shared.exceptions").McpError
ClientSession: Any = sdk("mcp.client.session").ClientSession
StdioServerParameters: Any = sdk("mcp.client.stdio").StdioServerParameters
stdio_client: Any = sdk("mcp.client.stdio").stdio_client
sse_client: Any = sdk("mcp.client.sse").sse_client
_streamable_http: Any = sdk("mcp.client.streamable_http")
http_client: Any = (
    _streamable_http.streamable_http_client
    if hasattr(_streamable_http, "streamable_http_client")
    else _streamable_http.streamablehttp_client
)
Client: Any = sdk("mcp").Client if SECOND else None

if TYPE_CHECKING:
    Context: TypeAlias = Any
else:
    Context = sdk("mcp.server.mcpserver" if SECOND else "mcp.server.fastmcp").Context
