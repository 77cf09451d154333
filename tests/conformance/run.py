"""What others wrote to try GraphQL servers, against an API process on embedded engines (一致性测试).

Each `.mjs` file beside this one is run by Node with YAOLU_URL, YAOLU_TOKEN (a patient's) and CHROMIUM in its
environment. When one prints "subscribed", a hospital begins to upload prescriptions of that patient.

python -m tests.conformance.run [name of a file …]
"""

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from bench.standing import small_world, standing
from engines.clock import Clock
from ops.client import Client
from ops.embedded import EngineUrls, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.road import FUJIAN, prescription_input
from ops.road_documents import UPLOAD
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.engines_home import engines_home

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 120


class Missing(Exception):
    """Something that must be installed first."""


def browser() -> str:
    """The Chromium of this machine, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise Missing("No Chromium on PATH. Debian: apt install chromium; or CHROMIUM=/path/to/it.")
    return found


def install() -> None:
    """Set up what the scripts import, by the versions and digests that are locked (安装)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("No node or npm on PATH. Debian: apt install nodejs npm.")
    kept, locked = HERE / "node_modules" / ".package-lock.json", HERE / "package-lock.json"
    if not kept.exists() or kept.stat().st_mtime < locked.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--loglevel=error"], cwd=HERE, check=True)


async def try_all(urls: EngineUrls, home: Path, scripts: list[Path], chromium: str) -> bool:
    """Whether every script is content."""
    database = await small_world(urls, "conformance")
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(home, now=clock.now)
    async with standing(database, urls, home, clock) as (api,), httpx.AsyncClient() as http:
        url = api.address
        hospital = Client(url, token_for(Role.HOSPITAL, FUJIAN.hospital, makes=issuer), http)
        token = token_for(Role.PATIENT, FUJIAN.patient, makes=issuer)
        environment = {**os.environ, "YAOLU_URL": url, "YAOLU_TOKEN": token, "CHROMIUM": chromium}
        statuses = [await run(script, environment, hospital, clock) for script in scripts]
    print_faults(home / "api0.log")
    return not any(statuses)


async def run(script: Path, environment: dict[str, str], hospital: Client, clock: Clock) -> int:
    """Run one script to its end; gives its status."""
    process = await asyncio.create_subprocess_exec(
        "node", script.name, cwd=HERE, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    uploads: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                if line.strip() != b"subscribed":
                    print(line.decode().rstrip(), flush=True)
                elif uploads is None:
                    uploads = asyncio.create_task(upload(hospital, clock))
            return await process.wait()
    except TimeoutError:
        print(f"{script.name} did not end within {SECONDS} s.", file=sys.stderr)
        return 1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if uploads is not None:
            uploads.cancel()
            with suppress(asyncio.CancelledError):
                await uploads


async def upload(hospital: Client, clock: Clock) -> None:
    """One prescription a second: a subscription may still be on its way when the first is there."""
    while True:
        await hospital.do(UPLOAD, prescription=prescription_input(FUJIAN, clock.now()))
        await asyncio.sleep(1)


def print_faults(log: Path) -> None:
    """Show what the API had to say."""
    said = log.read_text(errors="replace").strip()
    if "fault" in said:
        print(said, file=sys.stderr)


def main() -> int:
    """Run on engines of its own, in a folder that goes; 0 when every script is content."""
    try:
        chromium = browser()
        install()
    except (Missing, subprocess.CalledProcessError) as error:
        print(f"The conformance tests cannot run: {error}", file=sys.stderr)
        return 2
    scripts = [HERE / name for name in sys.argv[1:]] or sorted(HERE.glob("*.mjs"))
    with engines_home() as home, embedded_engines(home, fast=True) as urls:
        is_content = asyncio.run(try_all(urls, home, scripts, chromium))
    print(f"conformance: {len(scripts)} scripts {'passed' if is_content else 'FAILED'}")
    return 0 if is_content else 1


if __name__ == "__main__":
    sys.exit(main())
