"""The codes on receipts (结算单核验码) and the links to their files: signed by us, kept nowhere."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import UTC, datetime
from hmac import compare_digest
from uuid import UUID

import settings
from engines.signatures import sign

MARK_LETTERS = 32
"""Of a signature, in hexadecimal: 128 bits, which nobody guesses."""

ID_BYTES = 16
TIME_BYTES = 6


class ReceiptCodes:
    """Make and read codes (签发与核验). The first key signs, every key checks."""

    def __init__(self, keys: Sequence[str], public_url: str = "") -> None:
        self._keys = [key.encode() for key in keys]
        self._url = public_url.rstrip("/")

    def verify_code(self, settlement_id: UUID) -> str:
        """The code printed on the receipt of a settlement."""
        return self._write("verify", settlement_id.bytes)

    def settlement_of(self, code: str) -> UUID | None:
        """The settlement that a code is of; None when we never signed it."""
        found = self._read("verify", code)
        return UUID(bytes=found) if found is not None and len(found) == ID_BYTES else None

    def verify_url(self, code: str) -> str:
        """Where anybody checks a receipt, as its QR code says."""
        return f"{self._url}/verify/{code}"

    def file_url(self, settlement_id: UUID, until: datetime, *, shows_name: bool) -> str:
        """Where the receipt's file can be fetched till then, by whoever has the link."""
        seconds = int(until.timestamp()).to_bytes(TIME_BYTES, "big")
        ticket = self._write("file", settlement_id.bytes + seconds + bytes([shows_name]))
        return f"{self._url}/receipts/{ticket}.pdf"

    def open_ticket(self, ticket: str) -> tuple[UUID, datetime, bool] | None:
        """The settlement of a link, till when it holds, and whether the name may be shown."""
        found = self._read("file", ticket)
        if found is None or len(found) != ID_BYTES + TIME_BYTES + 1:
            return None
        until = datetime.fromtimestamp(int.from_bytes(found[ID_BYTES:-1], "big"), UTC)
        return UUID(bytes=found[:ID_BYTES]), until, bool(found[-1])

    def _write(self, purpose: str, content: bytes) -> str:
        mark = bytes.fromhex(sign(self._keys[0], purpose, content)[:MARK_LETTERS])
        return urlsafe_b64encode(content + mark).decode().rstrip("=")

    def _read(self, purpose: str, text: str) -> bytes | None:
        try:
            data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (NotBase64, UnicodeEncodeError):
            return None
        content, mark = data[: -MARK_LETTERS // 2], data[-MARK_LETTERS // 2 :]
        marks = [sign(key, purpose, content)[:MARK_LETTERS] for key in self._keys]
        return content if any(compare_digest(one, mark.hex()) for one in marks) else None


def receipt_codes() -> ReceiptCodes | None:
    """Those of the settings; None where no key is set."""
    keys = list(filter(None, (key.strip() for key in settings.RECEIPT_KEY.split(","))))
    return ReceiptCodes(keys, settings.PUBLIC_URL) if keys else None
