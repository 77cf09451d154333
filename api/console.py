"""The console (调试页): one page without foreign parts, for developers and outside production only."""

import base64
import hashlib
import re
from importlib.resources import files

PAGE = (files("api") / "static" / "console.html").read_text(encoding="utf-8")


def _digest(tag: str) -> str:
    """What the page's own script or style is known by to the browser."""
    found = re.search(f"<{tag}>(.*)</{tag}>", PAGE, re.DOTALL)
    assert found is not None
    return base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()


PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'sha256-{_digest('script')}'; "
        f"style-src 'sha256-{_digest('style')}'; "
        "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
