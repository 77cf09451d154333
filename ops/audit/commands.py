"""`yaolu audit`: proving that nobody altered who read or changed whose data."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(help="The audit chain.", no_args_is_help=True)

Heads = Annotated[
    Path | None,
    typer.Option("--head", help="Heads kept outside: lines of `audit head`, or a worker's log."),
]


@commands.command()
def verify(head: Heads = None) -> None:
    """Walk the chain; name the first row that was changed, removed, moved or cut off, and end with 1."""
    from ops.audit.anchors import AnchorsUnreadable, heads_of
    from ops.audit.watching import watched
    from ops.home import home_engines

    try:
        heads = heads_of(head) if head else []
    except AnchorsUnreadable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    with home_engines() as urls:
        walk = asyncio.run(watched(urls.database_url, heads))
    if walk.broken:
        typer.echo(f"{walk.broken.fault}: {walk.broken.text}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{walk.end.sequence} entries are as they were sealed; {walk.unsealed} wait to be.")
    typer.echo(f"{walk.end.sequence} {walk.end.hash.hex()}")


@commands.command("head")
def show_head() -> None:
    """Print the chain's end, to be kept elsewhere."""
    from ops.audit.watching import end_of_chain
    from ops.home import home_engines

    with home_engines() as urls:
        found = asyncio.run(end_of_chain(urls.database_url))
    if found is None:
        typer.echo("Nothing is sealed yet.", err=True)
    else:
        typer.echo(f"{found.sequence} {found.hash.hex()}")
