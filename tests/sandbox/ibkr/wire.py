"""A bare client of the TWS wire, written against the reference and not against the sandbox."""

import asyncio
import struct
from dataclasses import dataclass

PATIENCE = 5
# What placeOrder says after its number, of a limit order of the first account, at version 178.
PLACE = [
    *("1", "265598", "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", "", ""),
    *("BUY", "10", "LMT", "200", "", "GTC", "", "DU1000001", "O", "0", "bg-1", "1", "0"),
    *(["0"] * 6),
    *([""] * 7),
    *("", "0", "", "-1", "0", "", "", "0", "", "", "0", "0", "", "0", "", "", "", "", ""),
    *("0", "", "", "", "", "0", "", "", "", "", "", "", "", "", "", "", "0", "", "", "0"),
    *("0", "", "", "0", "", "0", "0", "0", "0", "", "", "", "", "", "", "0", "", "", "", ""),
    *([""] * 12),
]


@dataclass
class Client:
    """Sends fields and reads fields; what it reads last is in `heard`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    version: int = 0

    @classmethod
    async def open(cls, port: int, version: int) -> "Client":
        """Connect, and agree on a version."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        offered = f"v157..{version}".encode()
        writer.write(b"API\0" + struct.pack(">I", len(offered)) + offered)
        client = cls(reader, writer)
        client.version = int((await client.read())[0])
        return client

    async def start(self, client_id: int) -> list[list[str]]:
        """Say who one is; what is told up to the last farm."""
        self.send("71", "2", client_id, "")
        return await self.read_until("4", "2", "-1", "2158")

    def send(self, *fields: object) -> None:
        """Send a message."""
        body = "".join(f"{one}\0" for one in fields).encode()
        self.writer.write(struct.pack(">I", len(body)) + body)

    async def read(self) -> list[str]:
        """The next message; IncompleteReadError at the end."""
        async with asyncio.timeout(PATIENCE):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            return (await self.reader.readexactly(length)).decode().split("\0")[:-1]

    async def read_until(self, *start: str) -> list[list[str]]:
        """All messages up to the first that begins so."""
        found = [await self.read()]
        while found[-1][: len(start)] != list(start):
            found.append(await self.read())
        return found

    def close(self) -> None:
        """Leave."""
        self.writer.close()
