"""Files to download (导出下载): `GET /exports/<list>.csv` or `.xlsx`, with a bearer token.

`POST /exports/reconciliation.csv` brings a pharmacy's file and takes the answers.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

import settings
from api.body import read_bytes
from api.charging import caller_of, rate_limited, rate_of
from api.context import anonymous, sign_in_by_header
from api.errors import LOST, RequestRefused, away, is_away
from api.parts import Parts
from engines.logs import log_fault
from engines.spreadsheets import WRITERS, whole_file
from services.actor import Call
from services.errors import ServiceError
from services.export_lists import List
from services.exporting import prepare_answers, prepare_export

COST = 500
"""Points of one file: a person can have ten at once."""

STATUS = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "BAD_USER_INPUT": 400}

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AT_ONCE = 2
"""How many files one process makes at a time: each holds a connection to the database."""

PIECE = 64 * 1024


def exports(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """The address of the files (导出地址)."""

    gate = asyncio.Semaphore(AT_ONCE)

    async def download(request: Request) -> Response:
        context = anonymous(parts, request)
        try:
            await sign_in_by_header(context)
            actor = context.require_actor()
            taken = await parts.rates.take(caller_of(context), COST, rate_of(context))
            if taken.wait:
                raise rate_limited(taken.wait)
            form = request.path_params["form"]
            if form not in WRITERS:
                raise RequestRefused(404, "导出格式应为 csv 或 xlsx。", "NOT_FOUND")
            call = Call(actor, context.now(), context.tools)
            found = await prepared(call, request)
            async with gate, found.batches() as batches:
                file = await whole_file(form, found.heads, batches)
        except ServiceError as error:
            status = STATUS.get(error.code, 500)
            raise RequestRefused(status, str(error), error.code, retry=error.retry) from error
        except LOST as error:
            if not is_away(error):
                raise
            log_fault("export.unavailable", error, request_id=context.request_id)
            raise away("服务暂不可用,请稍后重试。") from error
        return sent(found.name, form, file, context.request_id)

    return download


async def prepared(call: Call, request: Request) -> List:
    """The list that is asked for; a POST brings the file that it is made from."""
    kind, given = request.path_params["kind"], request.query_params
    if request.method != "POST":
        return await prepare_export(call, kind, given)
    return await prepare_answers(call, kind, given, await read_bytes(request, settings.UPLOAD_BYTES_MAX))


def sent(name: str, form: str, file: BinaryIO, request_id: str) -> Response:
    """The answer that carries the file, with its size, so that half of it is not taken for the whole."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Content-Length": str(os.fstat(file.fileno()).st_size),
        "Cache-Control": "no-store",
        "X-Request-Id": request_id,
    }

    async def pieces() -> AsyncIterator[bytes]:
        with file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    return StreamingResponse(pieces(), media_type=MEDIA_TYPES[form], headers=headers)
