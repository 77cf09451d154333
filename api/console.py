"""The console (调试页): GraphiQL from our own files, for developers and outside production only."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

STATIC = files("api") / "static"
STYLES = ("vendor/graphiql/graphiql.min.css", "console/console.css")
SCRIPTS = (
    "vendor/react/react.production.min.js",
    "vendor/react-dom/react-dom.production.min.js",
    "vendor/graphiql/graphiql.min.js",
    "vendor/graphql-ws/graphql-ws.min.js",
    "console/console.js",
)
MEDIA_TYPES = {"css": "text/css", "js": "text/javascript"}
PREFIX = "/graphql/static"
ASSET_HEADERS = {
    # the digest in the address changes with the file
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the console (静态文件)."""

    path: str
    content: bytes

    @property
    def integrity(self) -> str:
        """What a browser checks the file by before it uses it."""
        return "sha256-" + base64.b64encode(hashlib.sha256(self.content).digest()).decode()

    @property
    def address(self) -> str:
        """Where the file is served, below the prefix."""
        return f"{hashlib.sha256(self.content).hexdigest()[:16]}/{self.path.rpartition('/')[2]}"

    @property
    def media_type(self) -> str:
        """What the file is."""
        return MEDIA_TYPES[self.path.rpartition(".")[2]]


@cache
def assets() -> Mapping[str, Asset]:
    """All files by their paths, read when first needed: production needs none."""
    return {path: Asset(path, (STATIC / path).read_bytes()) for path in (*STYLES, *SCRIPTS)}


@cache
def _by_address() -> Mapping[str, Asset]:
    return {asset.address: asset for asset in assets().values()}


@cache
def _template() -> Template:
    text = (STATIC / "console" / "page.html").read_text(encoding="utf-8")
    links = [
        f'<link rel="stylesheet" href="{_relative(asset)}" integrity="{asset.integrity}">'
        for asset in map(assets().__getitem__, STYLES)
    ]
    scripts = [
        f'<script nonce="$nonce" src="{_relative(asset)}" integrity="{asset.integrity}"></script>'
        for asset in map(assets().__getitem__, SCRIPTS)
    ]
    return Template(text.replace("$styles", "\n".join(links)).replace("$scripts", "\n".join(scripts)))


def _relative(asset: Asset) -> str:
    # relative to /graphql, so that the page also works behind a gateway that adds a prefix
    return f"{PREFIX.removeprefix('/')}/{asset.address}"


def policy(nonce: str) -> str:
    """What the page may load: the scripts it names, styles and answers of this house, nothing else."""
    scripts = " ".join(f"'{assets()[path].integrity}'" for path in SCRIPTS)
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'nonce-{nonce}'; font-src data:; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def console_page() -> HTMLResponse:
    """The page; its nonce lets in the one style GraphiQL adds while a dialog is open."""
    nonce = secrets.token_urlsafe(16)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy(nonce),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(_template().substitute(nonce=nonce), headers=headers)


async def _asset(request: Request) -> Response:
    asset = _by_address().get(request.path_params["address"])
    if asset is None:
        raise HTTPException(404)
    return Response(asset.content, headers=ASSET_HEADERS, media_type=asset.media_type)


def console_routes(has_console: bool) -> list[Route]:
    """Where the page's files are served; nowhere when the console is off."""
    return [Route(PREFIX + "/{address:path}", _asset)] if has_console else []
