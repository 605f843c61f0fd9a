"""An MCP server that knows how hard places pull: `python server.py` speaks by its standard input and output."""

from mcp.server.mcpserver import MCPServer

GRAVITY = {"Moon": 1.62, "Jupiter": 24.79}

server = MCPServer("gravity")


@server.tool()
def gravity(place: str) -> dict[str, str | float]:
    """How hard a place pulls, in metres per second squared."""
    return {"place": place, "gravity": GRAVITY[place]}


if __name__ == "__main__":
    server.run()
