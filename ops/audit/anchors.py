"""Heads of the audit chain that were kept outside (外部留存的链头)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from services.audit_chain import Head

PLAIN = re.compile(r"(\d+)\s+([0-9a-f]{64})")


class AnchorsUnreadable(Exception):
    """The file of heads holds none (链头文件无效)."""


def heads_of(path: Path) -> list[Head]:
    """The heads in a file: lines of `yaolu audit head`, or the worker's log as it is."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsUnreadable(f"{path} cannot be read: {error}.") from error
    heads = list(heads_in(lines))
    if not heads:
        raise AnchorsUnreadable(
            f"{path} has no line with a sequence and a hash: see docs/operations.md, Audit."
        )
    return heads


def heads_in(lines: list[str]) -> Iterator[Head]:
    """The heads among these lines; other lines of a log are passed over."""
    for line in lines:
        if found := PLAIN.fullmatch(line.strip()):
            yield Head(int(found[1]), bytes.fromhex(found[2]))
        elif "audit.head" in line and line.lstrip().startswith("{"):
            said = json.loads(line)
            yield Head(int(said["sequence"]), bytes.fromhex(said["hash"]))
        elif "audit.head" in line:
            values = dict(part.split("=", 1) for part in re.findall(r"\b(?:sequence|hash)=\w+", line))
            yield Head(int(values["sequence"]), bytes.fromhex(values["hash"]))
