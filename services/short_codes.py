"""Short codes that people show or type (短码): derived with a key, looked up by hash, guessed by nobody."""

import hmac
from collections.abc import Collection, Iterable
from datetime import timedelta

from models import AuditEntry
from policy.violation import Code, Violation
from services.actor import Keys
from services.errors import BadInput, Refused
from services.use_case import Work

WRONG_MAX = 10
WRONG_SPAN = timedelta(minutes=10)
"""So many wrong codes from one caller within this span lock it out until the span has passed."""


def digits_of(keys: Keys, said: str, length: int, kept: str = "") -> str:
    """So many digits that stand for a text: a keyed digest of it, never stored, derived again when asked.

    With the hash that was kept of them, those of the key that made them: it may have been changed since.
    """
    found = [f"{int(digest, 16) % 10**length:0{length}d}" for digest in keys.lookup_hashes(said)]
    return next((digits for digits in found if kept in keys.lookup_hashes(digits)), found[0])


def read_digits(field: str, code: str, length: int, advice: str) -> str:
    """The digits of a code as it was typed or scanned; blanks between groups are let be."""
    digits = "".join(code.split())
    if len(digits) != length or not (digits.isascii() and digits.isdigit()):
        raise BadInput(field, advice)
    return digits


def is_same(one: str, other: str) -> bool:
    """Whether two secrets are equal, told in the same time wherever they differ."""
    return hmac.compare_digest(one, other)


def is_among(one: str, others: Iterable[str]) -> bool:
    """Whether a secret is one of several, as keys that are being changed give them."""
    return any(is_same(one, other) for other in others)


async def refuse_guessers(work: Work, verb: str, wrong: Collection[Code], locked: Violation) -> None:
    """Refuse a caller who was wrong too often of late (防猜测锁定)."""
    tries = await AuditEntry.filter(
        actor=work.actor.caller, verb=verb, outcome__in=list(wrong), at__gt=work.now - WRONG_SPAN
    ).count()
    if tries >= WRONG_MAX:
        raise Refused([locked])
