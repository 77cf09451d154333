"""Uploads (文件上传) by the GraphQL multipart request specification."""

from contextlib import aclosing
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from strawberry.file_uploads import Upload
from strawberry.types.scalar import ScalarDefinition

import settings
from api.body import decode, pieces
from api.errors import RequestRefused
from schema.scalars import StockFile

# operations, map, and little that clients add
FIELDS_MAX = 8
FORM = "yaolu.form"
"""Where a request's scope keeps its form."""


def file_scalar(name: str, description: str, bytes_max: int) -> ScalarDefinition:
    """A scalar for files of a limited size (上传文件); a text in their place would surprise resolvers."""

    def sent(value: object) -> UploadFile:
        if not isinstance(value, UploadFile):
            raise GraphQLError(f"{name} 应为随 multipart 请求上传的文件。")
        if value.size is None or value.size > bytes_max:
            raise RequestRefused(413, f"文件超过 {bytes_max} 字节。请缩小或拆分后再上传。")
        return value

    return strawberry.scalar(name=name, description=description, serialize=sent, parse_value=sent)


FILE_SCALARS: dict[object, ScalarDefinition] = {
    Upload: file_scalar("Upload", "Represents a file upload.", settings.UPLOAD_BYTES_MAX),
    StockFile: file_scalar(
        "StockFile",
        "进销存文件, CSV 或 XLSX, 随 multipart 请求上传, 至多 12 MiB",
        settings.STOCK_FILE_BYTES_MAX,
    ),
}


class Parser(MultiPartParser):
    """Keeps pictures in memory (不落盘): what is encrypted at rest must not lie in a temporary file."""

    spool_max_size = settings.MULTIPART_BYTES_MAX


async def read_multipart(request: Request) -> object:
    """The operation of a multipart body with its files put in their places."""
    try:
        async with aclosing(pieces(request, settings.MULTIPART_BYTES_MAX)) as stream:
            form = await Parser(
                request.headers,
                stream,
                max_files=settings.UPLOAD_FILES_MAX,
                max_fields=FIELDS_MAX,
                max_part_size=settings.JSON_BYTES_MAX,
            ).parse()
    except (MultiPartException, ClientDisconnect) as error:
        raise RequestRefused(400, "multipart 请求体无法解析，或文件、字段过多。") from error
    # The files live until the answer is sent; whoever answers closes the form.
    request.scope[FORM] = form
    operations, places = _field(form, "operations"), _field(form, "map")
    if not isinstance(operations, dict) or not isinstance(places, dict):
        raise RequestRefused(400, "operations 和 map 应为 JSON 对象。")
    files = {name: value for name, value in form.multi_items() if isinstance(value, UploadFile)}
    if len(places) > settings.UPLOAD_FILES_MAX:
        raise RequestRefused(400, f"一次最多上传 {settings.UPLOAD_FILES_MAX} 个文件。")
    for name, paths in places.items():
        _place(operations, _path(paths), _file(files, name))
    return operations


async def close_files(request: Request) -> None:
    """Let go of the files a request brought."""
    if FORM in request.scope:
        await request.scope[FORM].close()


def _field(form: FormData, name: str) -> object:
    text = form.get(name)
    if not isinstance(text, str):
        raise RequestRefused(400, f"multipart 请求缺少字段 {name}。")
    return decode(text)


def _path(paths: object) -> list[str]:
    """The one place of a file: a file that is named many times would be many times as large."""
    if not isinstance(paths, list) or len(paths) != 1 or not isinstance(paths[0], str):
        raise RequestRefused(400, "map 中每个文件应对应恰好一个路径。")
    first, *rest = paths[0].split(".")
    if first != "variables" or not rest:
        raise RequestRefused(400, "map 中的路径应以 variables. 开头。")
    return [first, *rest]


def _file(files: dict[str, UploadFile], name: str) -> UploadFile:
    file = files.get(name)
    if file is None:
        raise RequestRefused(400, "map 中提到的文件没有随请求上传。")
    return file


def _place(operations: dict[str, Any], path: list[str], file: UploadFile) -> None:
    """Put a file where the operation says null."""
    target: Any = operations
    for step in path[:-1]:
        target = _inner(target, step)
    last = path[-1]
    if _inner(target, last) is not None:
        raise RequestRefused(400, "map 中的路径应指向值为 null 的变量。")
    target[int(last) if isinstance(target, list) else last] = file


def _inner(target: object, step: str) -> Any:
    if isinstance(target, dict) and step in target:
        return target[step]
    if isinstance(target, list) and step.isascii() and step.isdecimal() and len(step) < 6:
        index = int(step)
        if index < len(target):
            return target[index]
    raise RequestRefused(400, "map 中的路径在 operations 里不存在。")
