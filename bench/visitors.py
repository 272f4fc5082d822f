"""Many people at one server, from a process of their own: `python -m bench.visitors`, told on standard input.

In: a JSON object {address, seconds, at_once | rate, shares: {group: share}, people: {group: [{cookie,
token, reads, writes}]}}; the group "write" takes what students and staff have to write. `at_once`: so many
ask again when they have their answer; `rate`: so many requests a second begin whatever happens. Out: a JSON
list [[second since the start, ms, status (0: none came), group] …].
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

LONGEST = 30.0  # seconds for an answer; then it counts as status 0
OPEN = 400  # requests under way at most, whatever the rate


@dataclass
class Crowd:
    """Who asks, and what has come back."""

    told: dict[str, Any]
    dice: random.Random = field(default_factory=lambda: random.Random(8))
    found: list[tuple[float, float, int, str]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() - self.began > self.told["seconds"]

    def next(self) -> tuple[bytes, str]:
        """The next request, and whether it writes."""
        groups, shares = self.told["people"], self.told["shares"]
        (name,) = self.dice.choices(list(shares), list(shares.values()))
        if name == "write":
            for person in self.dice.sample(groups["student"] + groups["staff"], 50):
                if person["writes"]:
                    path, values = person["writes"].pop()
                    body = urlencode({**values, "csrf_token": person["token"]}).encode()
                    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
                    more = f"{kind}Content-Length: {len(body)}\r\n"
                    return self._head("POST", path, person, more) + body, name
            name = "staff"
        person = self.dice.choice(groups[name])
        return self._head("GET", self.dice.choice(person["reads"]), person), name

    def _head(self, method: str, path: str, person: dict[str, Any], more: str = "") -> bytes:
        host = urlsplit(self.told["address"]).netloc
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {person['cookie']}\r\n"
            f"Accept-Language: zh\r\nAccept-Encoding: gzip\r\nReferer: {self.told['address']}/\r\n{more}\r\n"
        ).encode()

    async def ask(self, line: Line) -> None:
        """One request over that connection; noted."""
        data, kind = self.next()
        start = time.perf_counter()
        try:
            status = await asyncio.wait_for(line.ask(data), LONGEST)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            line.close()
            status = 0
        now = time.perf_counter()
        self.found.append((start - self.began, (now - start) * 1000, status, kind))


class Line:
    """A connection that is kept, and opened anew where the server has closed it."""

    def __init__(self, address: str) -> None:
        self.host, self.port = urlsplit(address).hostname, urlsplit(address).port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.used = 0.0

    async def ask(self, data: bytes) -> int:
        """Send, read all of the answer; its status."""
        if self.writer is None or time.perf_counter() - self.used > 1.0:
            self.close()  # the server may be about to
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        assert self.reader is not None
        self.writer.write(data)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self.reader.readexactly(int(length or 0))
        self.used = time.perf_counter()
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """The next request opens another."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def closed(crowd: Crowd, at_once: int) -> None:
    """So many people, each asks again when the answer is there."""

    async def one() -> None:
        line = Line(crowd.told["address"])
        while not crowd.over:
            await crowd.ask(line)
        line.close()

    await asyncio.gather(*(one() for _n in range(at_once)))


async def open_ended(crowd: Crowd, rate: float) -> None:
    """So many requests a second, as people come: at chance moments."""
    free: list[Line] = []
    tasks: set[asyncio.Task[None]] = set()

    async def one() -> None:
        line = free.pop() if free else Line(crowd.told["address"])
        await crowd.ask(line)
        free.append(line)

    due = time.perf_counter()
    while not crowd.over:
        due += crowd.dice.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if len(tasks) < OPEN:
            task = asyncio.create_task(one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


def main() -> None:
    """Ask for as long as told, and say what came back."""
    crowd = Crowd(json.load(sys.stdin))
    told = crowd.told
    asyncio.run(
        open_ended(crowd, told["rate"]) if told.get("rate") else closed(crowd, told["at_once"])
    )
    json.dump(crowd.found, sys.stdout)


if __name__ == "__main__":
    main()
