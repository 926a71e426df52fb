"""fastmcp's server over stdio."""

from fastmcp import FastMCP

server = FastMCP("bench")


@server.tool
def echo(text: str) -> str:
    """Echo"""
    return text


server.run(show_banner=False)
