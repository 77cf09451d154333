"""`yaolu keys`: what the key ring holds, and changing it while the house is running."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.keys.rotation import Vault

commands = typer.Typer(help="The key ring of names, ID numbers and pictures.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The key's name: letters, digits, '.', '_' or '-'.")]


@commands.command("list")
def list_keys() -> None:
    """Show the keys and how much each one encrypts, and where."""
    from rich.console import Console
    from rich.table import Table

    from engines.keys import KeyRing
    from ops.keys.rotation import uses, waiting

    with vault() as found:
        ring = KeyRing.from_file(found.keys)
        table = Table("key", "", "encrypts", "where")
        used = asyncio.run(uses(found))
        for key_id in dict.fromkeys([*ring.keys, *(key for key, _ in used)]):
            state = "current" if key_id == ring.current else "" if key_id in ring.keys else "MISSING"
            places = {place: many for (key, place), many in used.items() if key == key_id}
            where = ", ".join(f"{place} {many}" for place, many in sorted(places.items()))
            table.add_row(key_id, state, str(sum(places.values())), where)
        console = Console()
        console.print(table)
        if ring.old_lookups:
            since = f"{ring.lookup_since:%Y-%m-%d %H:%M} UTC" if ring.lookup_since else "some time"
            console.print(
                f"Lookup key changed at {since}; {len(ring.old_lookups)} old one(s) still looked for."
            )
        if left := asyncio.run(waiting(found)):
            console.print(f"{left} cannot be made again until their owners sign in.")


@commands.command()
def add(name: Name) -> None:
    """Put a fresh key on the ring without using it yet: copy the file to every machine, then rotate."""
    from ops.keys.ring_file import change_ring

    with vault() as found:
        change_ring(found.keys, lambda ring: ring.with_key(name))
        typer.echo(
            f"Key {name} is on the ring. Nothing is encrypted with it until `yaolu keys rotate {name}`."
        )


@commands.command("rotate")
def rotate_to(name: Name) -> None:
    """Encrypt with this key, new and old values alike, while everything runs; once more to resume."""
    from ops.keys.rotation import rotate

    with vault() as found:
        changed = asyncio.run(watched("Encrypting anew", rotate(found, name)))
        typer.echo(f"{changed} values were encrypted anew. Everything is under key {name} now.")


@commands.command("retire")
def retire_key(name: Name) -> None:
    """Take a key off the ring that nothing is encrypted with any more."""
    from ops.keys.rotation import retire

    with vault() as found:
        asyncio.run(retire(found, name))
        typer.echo(
            f"Key {name} is off the ring. Backups that it encrypted need it still: keep a copy with them."
        )


@commands.command("rotate-lookup")
def rotate_lookup_key() -> None:
    """Change the key of the hashes by which people are found, while everything runs; once more to resume."""
    from ops.keys.rotation import rotate_lookup

    with vault() as found:
        changed = asyncio.run(watched("Hashing anew", rotate_lookup(found)))
        typer.echo(f"{changed} hashes were made again. `yaolu keys retire-lookup` drops the old key, later.")


@commands.command("retire-lookup")
def retire_lookup_key() -> None:
    """Take the old lookup key off the ring once no hash of it is left."""
    from ops.keys.rotation import retire_lookup

    with vault() as found:
        asyncio.run(retire_lookup(found))
        typer.echo("The old lookup key is off the ring.")


@contextmanager
def vault() -> Iterator["Vault"]:
    """Where things are kept, by the settings or the home folder; a failure ends with its sentence."""
    import settings
    from engines.keys import KeyRingBroken, UnknownKey
    from ops.home import home_engines, prepare_home
    from ops.keys.ring_file import ring_file
    from ops.keys.rotation import KeyInUse, Vault

    if not settings.IS_PRODUCTION:
        prepare_home()
    try:
        with home_engines() as urls:
            yield Vault(ring_file(settings.YAOLU_KEYS), urls.database_url, settings.IMAGE_STORE_URL)
    except (KeyInUse, KeyRingBroken, UnknownKey) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def watched(what: str, batches: AsyncIterator[int]) -> int:
    """Show what each batch did; gives the sum."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(what, total=None)
        changed = 0
        async for many in batches:
            changed += many
            progress.update(task, completed=changed)
    return changed
