"""What the doctor finds (诊断结果), one line each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

CHECK_SECONDS = 60.0


class Level(StrEnum):
    """How bad a finding is (级别)."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line (诊断条目): what was looked at, what was found, and what to do about it."""

    check: str
    level: Level
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What is examined (检查对象): where this process's environment says that everything is."""

    database_url: str
    redis_url: str
    keys: str
    images_url: str
    replica_url: str = ""
    jwks: str = ""
    is_production: bool = False


Look = Callable[[Place], Awaitable[list[Finding]]]


def ok(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, text)


def warn(check: str, text: str, advice: str) -> Finding:
    """It works, and will not for ever."""
    return Finding(check, Level.WARN, text, advice)


def fail(check: str, text: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAIL, text, advice)


async def examine(place: Place, looks: Sequence[tuple[str, str, Look]]) -> list[Finding]:
    """Do every look, one after another; what cannot be looked at has failed."""
    found: list[Finding] = []
    for check, advice, look in looks:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                found += await look(place)
        # The edge: whatever a driver raises is the finding. Its type only: messages quote addresses.
        except Exception as error:
            found.append(fail(check, f"cannot be looked at: {type(error).__name__}", advice))
    return found
