"""The `yaolu` command (命令行)."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ops.audit.commands import commands as audit_commands
from ops.keys.commands import commands as key_commands
from ops.starting import starting
from ops.year.commands import simulate_year
from policy.terms import Role

app = typer.Typer(
    name="yaolu",
    help="药路 Yaolu: prescriptions on their way from hospital to pharmacy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

catalogue_commands = typer.Typer(help="The drug catalogue.", no_args_is_help=True)
app.add_typer(catalogue_commands, name="catalogue")
document_commands = typer.Typer(help="Trusted documents.", no_args_is_help=True)
app.add_typer(document_commands, name="documents")
app.add_typer(key_commands, name="keys")
app.add_typer(audit_commands, name="audit")
app.command("simulate-year")(simulate_year)

Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]
MetricsPort = Annotated[
    int | None, typer.Option(help="Port of the metrics page; else METRICS_PORT.", min=0, max=65535)
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]


@app.command()
def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run API and worker on the demo world until Ctrl-C (development)."""
    from ops.serving import serve_demo_world

    refuse_in_production("serve")
    serve_demo_world(host, port)


@app.command()
def api(
    port: Port = 8000, host: Host = "127.0.0.1", fd: int | None = None, metrics_port: MetricsPort = None
) -> None:
    """Run one API process on the engines of the environment."""
    with starting():
        import settings

        take_up()
        from api.main import application
        from api.server import serve as serve_app
        from engines.metrics import metrics_page
        from engines.tracing import traced

        page = settings.METRICS_PORT if metrics_port is None else metrics_port
        app = application()
    with metrics_page(settings.METRICS_HOST, page), traced("api"):
        if fd is None:
            serve_app(app, host, port)
        else:
            serve_app(app, fd=fd)


@app.command()
def worker(
    faces: Annotated[int | None, typer.Option(help="Processes that compare faces.", min=1)] = None,
    metrics_port: MetricsPort = None,
) -> None:
    """Run one worker process on the engines of the environment."""
    with starting():
        import settings

        take_up()
        from ops.working import run_worker

        page = settings.METRICS_PORT if metrics_port is None else metrics_port
    asyncio.run(run_worker(faces or settings.FACE_PROCESSES, page))


@app.command()
def migrate() -> None:
    """Bring the database of DATABASE_URL to the newest schema."""
    import settings
    from ops.migrating import migrate_database

    require_settings("DATABASE_URL")
    asyncio.run(migrate_database(settings.DATABASE_URL))
    typer.echo("The database has the newest schema.")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    faces: Annotated[bool, typer.Option(help="Load the face models too.")] = True,
) -> None:
    """Check settings, engines, keys, clocks, queues and disks; ends with 1 when something has failed."""
    from ops.doctor.command import doctor as examine_all

    text, status = examine_all(has_faces=faces, is_json=as_json)
    typer.echo(text)
    raise typer.Exit(status)


@app.command()
def seed(
    pharmacies: Annotated[int | None, typer.Option(help="How many pharmacies.", min=1)] = None,
    drugs: Annotated[int | None, typer.Option(help="How many drugs.", min=1)] = None,
) -> None:
    """Write the demo world into the database of DATABASE_URL, or of the embedded engines."""
    import settings
    from engines.keys import KeyRing
    from ops.home import home_engines, prepare_home
    from ops.world.seeding import seed_world

    refuse_in_production("seed")
    prepare_home()
    keys = KeyRing.read(settings.YAOLU_KEYS)
    with home_engines() as urls:
        typer.echo(asyncio.run(seed_world(urls.database_url, keys, pharmacies, drugs)))


@app.command()
def demo() -> None:
    """Play the main road once in Fujian and once in Shanxi, then stop everything."""
    from ops.demo import play

    refuse_in_production("demo")
    sys.exit(play())


@app.command()
def token(
    role: Annotated[Role, typer.Argument(help="Whose token.")],
    subject: Annotated[str, typer.Argument(help="Person number, institution, pharmacist or area code.")],
    hours: Annotated[int, typer.Option(help="How long it is good for.", min=1)] = 12,
) -> None:
    """Print a development token for a role of the demo world."""
    from ops.home import prepare_home
    from ops.tokens import token_for

    prepare_home()
    typer.echo(token_for(role, subject, timedelta(hours=hours)))


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="Write schema.graphql.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail when schema.graphql is not up to date.")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(help="Fail when clients of that schema would break; of a folder the newest release."),
    ] = None,
) -> None:
    """Print the GraphQL schema, keep schema.graphql in step with it, or compare it with a released one."""
    from ops.snapshot import printed_schema

    path = Path(__file__).parent.parent / "schema.graphql"
    text = printed_schema()
    if against is not None:
        compare(against, text)
    elif write:
        path.write_text(text)
    elif check:
        if not path.exists() or path.read_text() != text:
            typer.echo(
                "schema.graphql is not up to date: run `make schema` and read the difference.", err=True
            )
            raise typer.Exit(1)
    else:
        typer.echo(text, nl=False)


def compare(released: Path, text: str) -> None:
    """Print what is different for clients of a released schema; end with 1 when that is not explained."""
    from ops.compatibility import changes, last_release, problems, reasons

    released = last_release(released) if released.is_dir() else released
    found, explained = changes(released.read_text(encoding="utf-8"), text), reasons()
    for change in found.dangerous:
        typer.echo(f"dangerous: {change}")
    for change in found.breaking:
        typer.echo(f"breaking:  {change} {explained.get(change, '')}")
    if wrong := list(problems(found.breaking, explained)):
        typer.echo("\n".join(wrong), err=True)
        raise typer.Exit(1)


@catalogue_commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: code, area, kind, amount, since, until, source.")],
) -> None:
    """Take dated prices into the database of DATABASE_URL, or of the embedded engines; all or none."""
    from ops.catalogue import BadCatalogue, import_catalogue
    from ops.home import home_engines, prepare_home

    prepare_home()
    try:
        with home_engines() as urls:
            typer.echo(asyncio.run(import_catalogue(urls.database_url, file)).message)
    except BadCatalogue as bad:
        typer.echo(f"Nothing was imported from {file}:\n{bad}", err=True)
        raise typer.Exit(1) from bad


@document_commands.command("register")
def register_documents(
    file: Annotated[Path, typer.Argument(help="A manifest (Apollo's or Relay's JSON), or a .graphql file.")],
    roles: Annotated[list[Role] | None, typer.Option("--for", help="Who may send them; else all.")] = None,
) -> None:
    """Register documents that fit the schema in the database of DATABASE_URL; all or none."""
    import settings
    from api.main import schema as product
    from ops.documents import BadManifest, read_manifest, register

    require_settings("DATABASE_URL")
    try:
        found = read_manifest(file, roles or ())
        new = asyncio.run(register(settings.DATABASE_URL, product()._schema, found))
    except BadManifest as bad:
        typer.echo(f"Nothing was registered from {file}:\n{bad}", err=True)
        raise typer.Exit(1) from bad
    typer.echo(f"{len(found)} documents are registered, {new} of them new.")


@app.command()
def rules(
    write: Annotated[bool, typer.Option("--write", help="Write docs/rules.md.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Fail when an enforced rule lacks code or cases, or the page is old."),
    ] = False,
) -> None:
    """Print where each rule of the law is enforced and how many cases test it."""
    from ops.rules import PAGE, page, print_coverage, problems

    if write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), "utf-8")
    elif check:
        if found := problems():
            typer.echo("\n".join(found), err=True)
            raise typer.Exit(1)
    else:
        print_coverage()


def take_up() -> None:
    """What a process on the engines of the environment does before it loads anything dear."""
    from ops.processes import watch_lifeline
    from ops.versions import check_tables

    require_settings()
    watch_lifeline()
    check_tables()


def require_settings(*names: str) -> None:
    """End with a sentence when a setting is missing."""
    import settings

    missing = [name for name in settings.missing() if not names or name in names]
    if missing:
        typer.echo(
            f"Missing in the environment: {', '.join(missing)}. See README.md, Real servers.", err=True
        )
        raise typer.Exit(2)


def refuse_in_production(command: str) -> None:
    """The demo world's people and contracts never stand beside real ones."""
    import settings

    if settings.IS_PRODUCTION:
        typer.echo(f"`yaolu {command}` is for the demo world and does not run in production.", err=True)
        raise typer.Exit(2)


def main() -> None:
    """Run the command; Ctrl-C ends it without a traceback."""
    from engines.metrics import PortTaken
    from engines.tracing import TracesMissing
    from ops.servers import EngineError
    from ops.world.seed import AnotherWorld

    try:
        app()
    except KeyboardInterrupt:
        os._exit(128 + signal.SIGINT)
    except (EngineError, AnotherWorld, TracesMissing, PortTaken) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
