"""The bodies of requests (请求体): read within limits, decoded, and brought into one form."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from email.message import Message as Header
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from strawberry.http import GraphQLRequestData

import settings
from api.errors import PARSE_FAILED, RequestRefused

NESTING_MAX = 64
DISCARD_BYTES_MAX = 2 * settings.MULTIPART_BYTES_MAX
NUL_IN_DOCUMENT = re.compile(r"\\u0000|\\u\{0+\}|\0")


async def read_json(request: Request) -> object:
    """The decoded body of a POST (JSON 请求体)."""
    return decode(await read_bytes(request, settings.JSON_BYTES_MAX))


async def read_bytes(request: Request, limit: int) -> bytes:
    """The whole body (请求体), up to the limit."""
    try:
        async with aclosing(pieces(request, limit)) as chunks:
            return b"".join([chunk async for chunk in chunks])
    except ClientDisconnect as error:
        raise RequestRefused(400, "请求体没有发完。") from error


async def pieces(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body up to the limit; refuse with 413 a longer one.

    Some of what is over the limit is read and thrown away: a connection that is closed over unread data is
    reset, and the answer lost. A client that waits for leave to send is told at once.
    """
    announced = request.headers.get("content-length", "")
    is_over = announced.isdecimal() and int(announced[:18]) > limit
    if is_over and request.headers.get("expect"):
        raise too_large(limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        is_over = is_over or size > limit
        if not is_over:
            yield chunk
        elif size > limit + DISCARD_BYTES_MAX:
            break
    if is_over:
        raise too_large(limit)


def too_large(limit: int) -> RequestRefused:
    """The refusal of a body over the limit."""
    return RequestRefused(413, f"请求体超过 {limit} 字节。", headers={"Connection": "close"})


def content_type(request: Request) -> str:
    """The media type of a body without its parameters; only UTF-8 is taken."""
    return media_type(request.headers.get("content-type", ""))


@lru_cache(maxsize=64)
def media_type(said: str) -> str:
    """The media type that a header of a request says (媒体类型)."""
    header = Header()
    header["content-type"] = said
    # the standard library reads a header that makes no sense as text/plain
    charset = header.get_content_charset()
    if charset is not None and charset.replace("-", "") != "utf8":
        raise RequestRefused(415, "请求体只接受 UTF-8 编码。")
    return header.get_content_type()


def decode(data: bytes | str) -> Any:
    """Decode JSON that is not built to hurt: UTF-8, moderately nested, without NUL."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, "请求体不是有效的 UTF-8 JSON。") from error
    raw = data.encode() if isinstance(data, str) else data
    # Looking at every value is spared unless the text shows that it could matter.
    if raw.count(b"[") + raw.count(b"{") > NESTING_MAX or b"\\u0000" in raw:
        check_value(value)
    return value


def check_value(value: object) -> None:
    """Refuse values that are nested too deeply, or hold the character no database text can hold."""
    level: list[object] = [value]
    for _ in range(NESTING_MAX):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and "\0" in item:
                raise RequestRefused(400, "请求含有空字符(U+0000)。")
        level = inner
        if not level:
            return
    raise RequestRefused(400, f"请求的嵌套超过 {NESTING_MAX} 层。")


def of_query_string(parameters: Mapping[str, str]) -> GraphQLRequestData:
    """The request in the address of a GET."""
    said: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        if text := parameters.get(name):
            said[name] = decode(text)
        else:
            said.pop(name, None)
    return request_of(said)


def request_of(said: object) -> GraphQLRequestData:
    """Bring a decoded request into form, or say which part of it is wrong."""
    if isinstance(said, list):
        raise RequestRefused(400, "不支持批量请求，请逐个发送。")
    if not isinstance(said, dict):
        raise RequestRefused(400, "请求体应为 JSON 对象。")
    query, operation_name = said.get("query"), said.get("operationName")
    variables, extensions = said.get("variables"), said.get("extensions")
    for name, value, kind in (
        ("query", query, str),
        ("operationName", operation_name, str),
        ("variables", variables, dict),
        ("extensions", extensions, dict),
    ):
        if value is not None and not isinstance(value, kind):
            expected = "字符串" if kind is str else "对象"
            raise RequestRefused(400, f"{name} 应为{expected}或 null。")
    if document_id := said.get("documentId"):
        extensions = {**(extensions or {}), "documentId": document_id}
    if query:
        check_document(query)
    elif not {"persistedQuery", "documentId"} & (extensions or {}).keys():
        raise RequestRefused(400, "请求中没有 query。")
    return GraphQLRequestData(query or None, variables, operation_name or None, extensions)


def check_document(query: str) -> None:
    """Refuse a document before the parser spends time on it."""
    if len(query.encode(errors="replace")) > settings.QUERY_BYTES_MAX:
        raise RequestRefused(400, f"query 超过 {settings.QUERY_BYTES_MAX} 字节。", PARSE_FAILED)
    if NUL_IN_DOCUMENT.search(query):
        raise RequestRefused(400, "query 含有空字符(U+0000)。", PARSE_FAILED)
