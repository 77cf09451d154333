"""The console: GraphiQL from our own files, and nothing of it where it is off."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.console import SCRIPTS, STYLES, assets, console_page, console_routes
from ops.embedded import EngineUrls
from tests.api.door import make_door

VENDOR = Path(__file__).parents[2] / "api" / "static" / "vendor"
NOTICE = (VENDOR / "NOTICE").read_text(encoding="utf-8")
NAMED = {path: digest for digest, path in re.findall(r"^  ([0-9a-f]{64})  (\S+)$", NOTICE, re.MULTILINE)}
FOREIGN = sorted(path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.min.*"))
BYTES_MAX = 6 * 1024 * 1024


def client(has_console: bool = True) -> httpx.AsyncClient:
    app = Starlette(routes=console_routes(has_console))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door")


def page_text() -> str:
    return bytes(console_page().body).decode()


@pytest.mark.parametrize("path", FOREIGN)
def test_foreign_files_are_as_their_makers_published_them(path: str) -> None:
    digest = hashlib.sha256((VENDOR / path).read_bytes()).hexdigest()

    assert NAMED.get(path) == digest, f"NOTICE names another digest for {path}; never edit it, fetch it anew"


def test_the_notice_names_no_file_that_is_gone() -> None:
    assert sorted(NAMED) == FOREIGN


def test_every_foreign_part_comes_with_its_licence() -> None:
    folders = {path.split("/")[0] for path in FOREIGN}
    licences = re.findall(r"\S+/LICENSE\S*", NOTICE)

    assert [folder for folder in folders if not list((VENDOR / folder).glob("LICENSE*"))] == []
    assert [path for path in licences if not (VENDOR / path).is_file()] == []


def test_the_foreign_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()) < BYTES_MAX


def test_the_page_runs_the_named_scripts_only() -> None:
    page = console_page()

    allowed = re.search(r"script-src ([^;]*);", page.headers["content-security-policy"])
    asked = re.findall(r'<script [^>]*integrity="([^"]+)"></script>', bytes(page.body).decode())

    assert allowed is not None
    assert allowed[1].split() == [f"'{one}'" for one in asked]
    assert asked == [assets()[path].integrity for path in SCRIPTS]


def test_the_page_loads_from_this_house_only() -> None:
    policy = console_page().headers["content-security-policy"]
    sources = set(re.findall(r"\S+:(?=[\s;])|'self'|https?:\S*|\*", policy))

    assert policy.startswith("default-src 'none'; ")
    assert sources == {"'self'", "data:"}
    assert "unsafe" not in policy
    assert not re.search(r"https?://|//\w|@import|url\(|<style| style=| on\w+=|\$", page_text())


def test_each_page_has_its_own_nonce() -> None:
    first, second = (console_page().headers["content-security-policy"] for _ in range(2))

    assert re.sub("nonce-[^']+", "", first) == re.sub("nonce-[^']+", "", second)
    assert first != second


def test_the_page_is_not_kept() -> None:
    assert console_page().headers["cache-control"] == "no-store"


async def test_serves_every_file_the_page_names_for_ever() -> None:
    addresses = re.findall(r'(?:src|href)="(graphql/[^"]+)"', page_text())

    async with client() as browser:
        answers = [await browser.get(f"/{address}") for address in addresses]

    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert [answer.content for answer in answers] == [assets()[path].content for path in (*STYLES, *SCRIPTS)]
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}
    assert {answer.headers["content-type"] for answer in answers} == {
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
    }


@pytest.mark.parametrize(
    "address",
    ["", "NOTICE", "0000000000000000/console.js", "console/page.html", "..%2f..%2fconsole.py"],
)
async def test_serves_no_other_file(address: str) -> None:
    async with client() as browser:
        answer = await browser.get(f"/graphql/static/{address}")

    assert answer.status_code == 404


async def test_serves_no_file_where_it_is_switched_off() -> None:
    async with client(has_console=False) as browser:
        answers = [await browser.get(f"/graphql/static/{asset.address}") for asset in assets().values()]

    assert {answer.status_code for answer in answers} == {404}


def test_the_page_says_where_a_token_comes_from() -> None:
    script = assets()["console/console.js"].content.decode()

    assert "yaolu token PATIENT 35010000000001" in page_text()
    assert "yaolu token PATIENT 35010000000001" in script


async def test_the_door_serves_the_page_and_its_files(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphql", headers={"accept": "text/html"})

    files = [await http.get(f"/{one}") for one in re.findall(r'(?:src|href)="(graphql/[^"]+)"', page.text)]

    assert [file.status_code for file in files] == [200] * (len(SCRIPTS) + len(STYLES))


async def test_the_door_serves_no_file_where_it_is_switched_off(tmp_path: Path, engines: EngineUrls) -> None:
    door = make_door(tmp_path, engines.redis_url, has_console=False)

    async with door.client() as browser:
        answer = await browser.get(f"/graphql/static/{assets()['console/console.js'].address}")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
