"""Keyed digests over messages (签名): HMAC-SHA256, compared in constant time."""

import hashlib
import hmac


def sign(key: bytes, *parts: str | bytes) -> str:
    """The signature of a message of these parts, in hexadecimal; no part can run into the next."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def is_signed(signature: str, key: bytes, *parts: str | bytes) -> bool:
    """Whether a signature is that of the parts."""
    return hmac.compare_digest(signature.encode(), sign(key, *parts).encode())
