"""Writing a city's year (写入模拟年度): chunk by chunk, each in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, NamedTuple

from rich.progress import Progress

from engines.keys import KeyRing
from ops.databases import connected
from ops.year.city import City, read_city
from ops.year.claims import claim_year, months
from ops.year.columns import COLUMNS
from ops.year.household import Household, households
from ops.year.rows import write_year
from ops.year.sheet import Sheet

CHUNK = 60
"""Households of one transaction: about 1,200 settlements."""

THERE = "SELECT 1 FROM member WHERE psn_no = $1"


class Task(NamedTuple):
    """What one process is to write at once (一批): numbers of households with their settlements."""

    database_url: str
    keys: KeyRing
    city: City
    households: tuple[tuple[int, int, int], ...]


async def seed_year(
    database_url: str,
    keys: KeyRing,
    area: str,
    year: int,
    settlements: int,
    *,
    processes: int = 1,
    seed: int = 1,
    progress: Progress | None = None,
) -> City:
    """Write the year of a city into a database that holds the sample world (写入模拟年度).

    Done again it goes on where it was interrupted; chunks that are there are left as they are.
    """
    async with connected(database_url) as connection:
        city = await read_city(connection, area, year, seed)
    bar = progress.add_task("settlements", total=settlements) if progress else None
    tasks = (Task(database_url, keys, city, chunk) for chunk in chunks(settlements))
    async for written in run(tasks, processes):
        if progress and bar is not None:
            progress.update(bar, advance=written)
    async with connected(database_url) as connection:
        await connection.execute("ANALYZE")
        total = len(months(city)) * len(city.pharmacies)
        bar = progress.add_task("claims", total=total) if progress else None
        await claim_year(connection, city, lambda: progress.advance(bar) if progress else None)  # type: ignore[arg-type]
        await connection.execute("ANALYZE")
    return city


def chunks(settlements: int) -> Iterator[tuple[tuple[int, int, int], ...]]:
    """The households in chunks (分批)."""
    rest = households(settlements)
    while chunk := tuple(islice(rest, CHUNK)):
        yield chunk


async def run(tasks: Iterator[Task], processes: int) -> AsyncIterator[int]:
    """Run the tasks, a few more at once than there are processes; gives what each wrote."""
    if processes == 1:
        for task in tasks:
            yield await write_chunk(task)
        return
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: set[asyncio.Future[int]] = set()
        while True:
            for task in islice(tasks, processes * 2 - len(waiting)):
                waiting.add(loop.run_in_executor(pool, write_alone, task))
            if not waiting:
                return
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                yield one.result()


def write_alone(task: Task) -> int:
    """A chunk in a process of its own (单独进程)."""
    return asyncio.run(write_chunk(task))


async def write_chunk(task: Task) -> int:
    """Write some households in one transaction, unless they are there; gives how many settlements."""
    total = sum(size for _, _, size in task.households)
    first = 2 * task.households[0][0]
    async with connected(task.database_url) as connection:
        if await connection.fetchval(THERE, f"{task.city.person_prefix}{first:08d}"):
            return total
        sheet = Sheet(task.city, task.keys)
        for household in task.households:
            write_year(sheet, Household(task.city, *household))
        async with connection.transaction():
            await copy(connection, sheet)
    return total


async def copy(connection: Any, sheet: Sheet) -> None:
    """Copy the sheet's rows, tables in the order their references ask for."""
    for table, names in COLUMNS.items():
        rows = sheet.tables.get(table)
        if rows:
            await connection.copy_records_to_table(table, columns=names.split(), records=rows)
