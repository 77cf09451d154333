"""`yaolu simulate-year`: a city's year in a database of its own, and whether it adds up (模拟年度)."""

import asyncio
import resource
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from engines.keys import KeyRing

Settlements = Annotated[int, typer.Option(help="How many settlements the city has.", min=1)]
Area = Annotated[str, typer.Option(help="The pooling area: one that the demo world has pharmacies in.")]
Year = Annotated[int, typer.Option(help="Which year; a regulation must have been in force.")]
Pharmacies = Annotated[int, typer.Option(help="Pharmacies of the demo world beneath it.", min=1)]
Processes = Annotated[int, typer.Option(help="Processes that compute at once.", min=1)]
Database = Annotated[str, typer.Option(help="The database; kept, so that a second run goes on.")]
VerifyOnly = Annotated[bool, typer.Option("--verify-only", help="Write nothing, only verify.")]


def simulate_year(
    settlements: Settlements = 1_000_000,
    area: Area = "350100",
    year: Year = 2025,
    pharmacies: Pharmacies = 400,
    processes: Processes = 2,
    database: Database = "yaolu_year",
    verify_only: VerifyOnly = False,
) -> None:
    """Write a city's year by the real rules, then prove that every sum agrees; fails when one does not."""
    import settings
    from engines.keys import KeyRing
    from ops.cli import refuse_in_production
    from ops.home import home_engines, prepare_home
    from ops.year.city import EmptyCity

    refuse_in_production("simulate-year")
    prepare_home()
    keys = KeyRing.read(settings.YAOLU_KEYS)
    with home_engines() as urls:
        try:
            wish = Wish(database, area, year, settlements, pharmacies, processes, verify_only)
            wrong = asyncio.run(run(urls.database_url, keys, wish))
        except EmptyCity as empty:
            typer.echo(str(empty), err=True)
            raise typer.Exit(1) from empty
    if wrong:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Wish:
    """What is to be simulated (模拟要求)."""

    database: str
    area: str
    year: int
    settlements: int
    pharmacies: int
    processes: int
    verify_only: bool


async def run(server: str, keys: "KeyRing", wish: Wish) -> int:
    """Write and verify with progress bars (进度); gives how many differences there are."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from ops.databases import create_database
    from ops.world.seeding import seed_world
    from ops.year.seeding import seed_year
    from ops.year.verifying import verify

    console, started = Console(), time.monotonic()
    url = await create_database(server, wish.database, if_missing=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        if not wish.verify_only:
            console.print(await seed_world(url, keys, wish.pharmacies, bar=False))
            city = wish.area, wish.year, wish.settlements
            await seed_year(url, keys, *city, processes=wish.processes, progress=progress)
        written = time.monotonic() - started
        bar = progress.add_task("verified", total=None)

        def done(name: str, wrong: int) -> None:
            progress.advance(bar)
            if wrong or name != "replay":
                console.print(f"{'ok  ' if not wrong else 'WRONG'} {name}")

        wrong = await verify(url, wish.area, wish.year, processes=wish.processes, done=done)
    for one in wrong[:20]:
        console.print(f"{one.check}: {one.key}: found {one.found}, expected {one.expected}")
    await report(console, url, written, time.monotonic() - started - written)
    console.print(f"{len(wrong)} differences." if wrong else "Every sum agrees.")
    return len(wrong)


async def report(console: "Console", url: str, written: float, verified: float) -> None:
    """Print what it took: time, rows, disk, memory (用量)."""
    from ops.databases import connected

    async with connected(url) as connection:
        tables = "settlement", "reversal", "posting", "accumulator", "clearing_item"
        rows = [f"{await connection.fetchval(f'SELECT count(*) FROM {name}'):,} {name}" for name in tables]
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    console.print(f"{', '.join(rows)} rows; {size / 2**30:.2f} GiB of disk.")
    console.print(f"Written in {written:.0f} s, verified in {verified:.0f} s.")
    console.print(f"The largest process held {most / 1024:.0f} MiB.")
