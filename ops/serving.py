"""`yaolu serve`: API and worker on the demo world until Ctrl-C."""

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

import settings
from api.clock import Clock
from engines.images import ImageStore
from engines.keys import KeyRing
from ops.embedded import EngineUrls
from ops.home import embedded_home, environment, prepare_home
from ops.processes import Child, ProcessEnded, running, wait_until_ready
from ops.tokens import token_for
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.seeding import enrol_portraits, seed_world
from policy.terms import Role

TOKENS = (
    ("福建参保人", Role.PATIENT, cast.FUJIAN_PATIENT),
    ("福建医院", Role.HOSPITAL, cast.FUJIAN_HOSPITAL),
    ("福建药店", Role.PHARMACY, cast.FUJIAN_PHARMACY),
    ("福建药师", Role.PHARMACIST, cast.FUJIAN_PHARMACIST),
    ("福州经办", Role.AGENCY, cast.FUJIAN_AREA),
    ("山西参保人", Role.PATIENT, cast.SHANXI_PATIENT),
    ("山西医院", Role.HOSPITAL, cast.SHANXI_HOSPITAL),
    ("山西药店", Role.PHARMACY, cast.SHANXI_PHARMACY),
    ("山西药师", Role.PHARMACIST, cast.SHANXI_PHARMACIST),
)


def demo_clock() -> Clock:
    """The clock of demos: YAOLU_CLOCK, else a fixed working day's morning."""
    return Clock.of(settings.YAOLU_CLOCK or DEMO_NOW.isoformat())


@contextmanager
def demo_processes(
    host: str, port: int, clock: Clock, log_folder: Path, processes: int = 1
) -> Iterator[tuple[str, EngineUrls, list[Child]]]:
    """The demo world with API and worker running; gives the API's address, the engines, the processes."""
    with embedded_home() as urls:
        asyncio.run(make_world(urls, log_folder.parent))
        values = environment(urls, clock.setting)
        log_folder.mkdir(parents=True, exist_ok=True)
        children: list[Child] = []
        with running(children):
            children.append(Child(["worker"], values, log_folder / "worker.log"))
            for number in range(processes):
                arguments = ["api", "--host", host, "--port", str(port + number)]
                children.append(Child(arguments, values, log_folder / f"api-{number}.log"))
            url = f"http://{host}:{port}"
            wait_until_ready(url, children)
            yield url, urls, children


async def make_world(urls: EngineUrls, home: Path) -> None:
    """Schema, rows and enrolled faces."""
    keys = KeyRing.read(settings.YAOLU_KEYS)
    await seed_world(urls.database_url, keys)
    images = ImageStore(settings.IMAGE_STORE_URL, keys)
    await enrol_portraits(urls.database_url, home / "portraits", images)


def serve_demo_world(host: str, port: int, processes: int) -> None:
    """Run until Ctrl-C; then stop in order, leaving nothing behind."""
    console = Console()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    home = prepare_home()
    clock = demo_clock()
    try:
        with demo_processes(host, port, clock, home / "logs", processes) as (url, _, children):
            console.print(f"GraphQL {url}/graphql  (GraphiQL in a browser, WebSocket on the same address)")
            console.print(
                f"Clock   {clock.now():%Y-%m-%d %H:%M:%S} UTC;  logs in {home / 'logs'};  Ctrl-C stops"
            )
            console.print(token_table(clock), soft_wrap=True)
            while not stop.wait(0.5):
                for child in children:
                    child.check()
            console.print("Stopping.")
    except ProcessEnded as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(1)


def token_table(clock: Clock) -> Table:
    """A token for each role of the demo world."""
    table = Table("who", "role", "subject", "token", box=None)
    table.columns[3].overflow = "fold"
    for who, role, subject in TOKENS:
        table.add_row(who, role, subject, token_for(role, subject, clock=clock))
    return table
