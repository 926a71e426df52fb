"""The transports of a server, mirror images of each other: one file each."""
