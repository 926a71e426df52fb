"""The component's main module: what is imported here, at build time, is all there will ever be."""

import hashlib  # noqa: F401 (names bytes that have no name)
import hmac  # noqa: F401 (seals what the client is to keep)
import logging
import sys
from importlib import import_module
from itertools import count

import wit_world  # made by componentize-py, of the world
from bookings import server

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Driver
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import LEGACY, REVISIONS

# The runtime imports these when a client speaks the revision.
for revision in REVISIONS:
    import_module(f"mcpgen_types.v{revision.replace('-', '_')}.checks")
for revision in LEGACY:
    import_module(f"mcpgen_types.v{revision.replace('-', '_')}.neutral")

sent: list[bytes] = []
driver = Driver()
# There is no clock inside, and no chance. A real key and the time would be for the host to give.
ids = map(str, count(1))
core = ServerCore(server, key=bytes(32), time=driver.time, correlation_id=ids.__next__)
logging.disable()  # a record asks for the time, and nobody would read it
connection = Connection(core, driver, sent.extend, limits=Limits(), transport="component")


class WitWorld(wit_world.WitWorld):
    def receive(self, message: bytes) -> list[bytes]:
        connection.receive([message])
        driver.run()
        answers = list(sent)
        sent.clear()
        return answers

    def modules(self) -> list[str]:
        return sorted(sys.modules)
