"""Receipts outside GraphQL (结算单): the file behind a short-lived link, and the page of a QR code."""

import asyncio
from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.errors import LOST, is_away
from api.parts import Parts
from engines.receipt_sheet import Sheet
from policy.calendar import SHANGHAI
from services.receipts import Genuine, sheet_of, verify

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
PAGE_HEADERS = HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>结算单核验</title>
<h1>{title}</h1><dl>{rows}</dl></html>
"""

Answer = Callable[[Request], Awaitable[Response]]


def receipt_routes(parts: Parts) -> list[Route]:
    """The routes of receipts, where there is a key to sign them."""
    if parts.tools.receipts is None:
        return []

    async def file(request: Request) -> Response:
        return await show_file(parts, request.path_params["ticket"])

    async def page(request: Request) -> Response:
        return await show_page(parts, request.path_params["code"])

    return [Route("/receipts/{ticket}.pdf", awake(file)), Route("/verify/{code}", awake(page))]


def awake(answer: Answer) -> Answer:
    """The answer, or a word to try again while the database is away."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except LOST as error:
            if not is_away(error):
                raise
            return PlainTextResponse("系统暂不可用,请稍后再试。", 503, HEADERS | {"Retry-After": "30"})

    return answered


async def show_file(parts: Parts, ticket: str) -> Response:
    """The receipt's file, while its link holds (下载结算单)."""
    assert parts.tools.receipts is not None
    found = parts.tools.receipts.open_ticket(ticket)
    if found is None:
        return PlainTextResponse("链接无效。请重新取得结算单的链接。", 404, HEADERS)
    settlement_id, until, shows_name = found
    if parts.clock.now() >= until:
        return PlainTextResponse("链接已过期。请重新取得结算单的链接。", 410, HEADERS)
    sheet = await sheet_of(parts.tools, settlement_id, shows_name=shows_name)
    name = f"receipt-{dict(sheet.facts)['结算单号']}.pdf"
    headers = HEADERS | {"Content-Disposition": f'inline; filename="{name}"'}
    content = await asyncio.to_thread(drawn, sheet)
    return Response(content, headers=headers, media_type="application/pdf")


def drawn(sheet: Sheet) -> bytes:
    """The file; what draws it is loaded with the first receipt, for most processes never draw one."""
    from engines.receipt_pdf import render

    return render(sheet)


async def show_page(parts: Parts, code: str) -> Response:
    """What a QR code leads to (核验页面): genuine or not, and what stands of it."""
    found = await verify(parts.tools, code)
    if found is None:
        text = PAGE.format(title="不是本系统出具的结算单", rows="")
        return HTMLResponse(text, 404, PAGE_HEADERS)
    rows = "".join(f"<dt>{word}</dt><dd>{escape(value)}</dd>" for word, value in facts(found))
    return HTMLResponse(PAGE.format(title="结算单属实", rows=rows), headers=PAGE_HEADERS)


def facts(found: Genuine) -> list[tuple[str, str]]:
    """What the page says of a genuine receipt."""
    row = found.settlement
    standing = "未冲正"
    if found.reversals:
        whole = "全部" if found.is_wholly_reversed else "部分"
        standing = f"已{whole}冲正,共 {found.reversed_total:.2f} 元"
    return [
        ("结算单号", row.number),
        ("结算时间", f"{row.settled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"),
        ("药店", found.pharmacy),
        ("参保人", found.member),
        ("医疗费总额", f"{row.total:.2f} 元"),
        ("基金支付", f"{row.fund_total:.2f} 元"),
        ("个人负担", f"{row.personal_total:.2f} 元"),
        ("冲正", standing),
    ]
