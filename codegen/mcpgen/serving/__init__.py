"""`mcpgen serve`, without its command line: finding the server that is meant, and serving it.

A client that starts a server waits for it, so nothing here imports more than it needs at once; the
command line (typer) comes in only for help and for errors.
"""
