"""Tables that people upload (表格文件): CSV in any of the usual encodings, and XLSX, row by row as texts."""

import asyncio
import codecs
import csv
import io
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import orjson

from engines.workbook import Ending

SECONDS_MAX = 120
TEXT_BYTES_MAX = 128 * 1024 * 1024
"""A workbook of 12 MiB holds less; one that becomes longer repeats a long text without end."""

READER = Path(__file__).with_name("workbook.py")
SNIFFED_LINES = 20
DELIMITERS = ",;\t"
STEP = 1024 * 1024

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table|meta|head)", re.I)

SAVE_ANEW = "请用表格软件打开后另存为 .xlsx(不设密码)或 CSV,再上传"
ADVICE = {
    Ending.NOT_A_WORKBOOK: f"不是可用的 XLSX 表格,或已损坏。{SAVE_ANEW}",
    Ending.HAS_PASSWORD: "设有密码。请去掉密码后另存,再上传",
    Ending.TOO_LARGE: "展开后过大。请删去多余的工作表、列和格式,拆成几个文件,或另存为 CSV,再上传",
    Ending.EMPTY: "没有内容(隐藏的工作表不读)。请核对是否选对了文件",
}


class Unreadable(Exception):
    """A file that gives no table (文件不可用); the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file (表格) as texts, and the name of the sheet they stand on; empty for CSV."""

    rows: Iterator[list[str]]
    sheet: str = ""


async def read_table(content: bytes) -> Table:
    """The table in a file's bytes; raises Unreadable. Its rows may raise it too."""
    if not content.strip(b"\0 \t\r\n"):
        raise Unreadable("文件是空的。请核对是否选对了文件")
    if content.startswith(OLD_OFFICE):
        what = "设有密码" if ENCRYPTED in content else "是旧版 .xls 表格或其他旧版文件"
        raise Unreadable(f"文件{what}。{SAVE_ANEW}")
    if content.startswith(ZIP):
        lines = io.BytesIO(await converted(content))
        rows = chain.from_iterable(map(orjson.loads, lines))
        (name,) = next(rows)
        return Table(rows, name)
    if MARKUP.match(content[:512].removeprefix(codecs.BOM_UTF8)):
        raise Unreadable(f"文件其实是网页或 XML,只是名字像表格。{SAVE_ANEW}")
    encoding = await asyncio.to_thread(encoding_of, content)
    head = content[:65536].decode(encoding, errors="ignore")
    return Table(records(content, encoding, delimiter_of(head)))


async def converted(content: bytes) -> bytes:
    """The texts of a workbook, made by a program of its own."""
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(READER), stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            _, found = await asyncio.gather(feed(reader, content), bounded(reader))
            code = await reader.wait()
    except TimeoutError:
        code, found = int(Ending.TOO_LARGE), None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    if code != Ending.DONE or found is None:
        # a program that was stopped by its limits ends with a signal
        ending = Ending(code) if code in ADVICE else Ending.TOO_LARGE
        raise Unreadable(f"文件{ADVICE[ending]}")
    return found


async def feed(reader: asyncio.subprocess.Process, content: bytes) -> None:
    """Hand the file over; a reader that has seen enough may close early."""
    assert reader.stdin is not None
    try:
        reader.stdin.write(content)
        await reader.stdin.drain()
        reader.stdin.close()
        await reader.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        pass


async def bounded(reader: asyncio.subprocess.Process) -> bytes | None:
    """What the reader wrote; None, and the reader's end, when it is too much."""
    assert reader.stdout is not None
    pieces: list[bytes] = []
    size = 0
    while piece := await reader.stdout.read(STEP):
        size += len(piece)
        if size > TEXT_BYTES_MAX:
            reader.kill()
            return None
        pieces.append(piece)
    return b"".join(pieces)


def encoding_of(content: bytes) -> str:
    """The encoding of a text file (编码): by its mark, else UTF-8 if it is that, else GB18030 (with GBK)."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return checked(content, name)
    if b"\0" in content[:4096]:
        raise Unreadable(f"文件不是文本。{SAVE_ANEW}")
    try:
        return checked(content, "utf-8")
    except Unreadable:
        return checked(content, "gb18030")


def checked(content: bytes, encoding: str) -> str:
    """The encoding, if all of the content is in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for at in range(0, len(content), STEP):
            decoder.decode(content[at : at + STEP])
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise Unreadable(f"文件的编码既不是 UTF-8 也不是 GBK。{SAVE_ANEW}") from error
    return encoding


def delimiter_of(head: str) -> str:
    """What stands between the cells: the sign that the first lines have most of."""
    lines = head.splitlines()[:SNIFFED_LINES]
    if lines and (said := re.fullmatch(r"\ufeff?sep=(.)", lines[0], re.I)):
        return said[1]
    return max(DELIMITERS, key=lambda sign: sum(line.count(sign) for line in lines))


def records(content: bytes, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The records of a CSV file, one by one; a quoted cell may hold line breaks."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        text = f"文件第 {reader.line_num} 行附近读不下去,多半是引号不成对。请改正后再上传"
        raise Unreadable(text) from error
