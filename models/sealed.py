"""Which columns hold encrypted text, keyed hashes and names of encrypted pictures (加密列登记).

Rotation of keys works through these and nothing else: a column that is missing here would be unreadable once
its key is retired. A test compares them with the tables.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of ciphertext (加密列); `context` is what it was encrypted for, with columns of its row."""

    table: str
    column: str
    context: str


@dataclass(frozen=True, slots=True)
class HashedColumn:
    """A column of keyed hashes (带钥散列列), made again out of the ciphertext in `of`.

    Without `of` nothing can make them again: they are dead before an old lookup key may go, as codes of a few
    minutes are. Rows whose ciphertext is not there yet wait for it, and the old key with them, unless they
    are over: past `until`, or `ended`.
    """

    table: str
    column: str
    of: str | None = None
    until: str | None = None
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class PictureColumn:
    """A column that names a picture in the image store (影像键列)."""

    table: str
    column: str


SEALED = (
    SealedColumn("member", "name_sealed", "member:{id}"),
    SealedColumn("member", "id_number_sealed", "member:{id}"),
    SealedColumn("face_template", "vector_sealed", "face:{id}"),
    SealedColumn("face_mean", "vector_sealed", "face:{id}"),
    SealedColumn("device", "openid_sealed", "device:{id}"),
    SealedColumn("account_link", "openid_sealed", "account_link:{id}"),
    SealedColumn("case_file", "complaint_sealed", "case:{id}"),
)
HASHED = (
    HashedColumn("member", "id_number_hash", of="id_number_sealed"),
    HashedColumn("pickup_code", "code_hash"),
    HashedColumn("family_invitation", "code_hash"),
    HashedColumn("family_code", "code_hash"),
    HashedColumn("link_code", "code_hash"),
    HashedColumn("device", "openid_hash", of="openid_sealed", until="expires_at", ended="ended_at"),
    HashedColumn("account_link", "openid_hash", of="openid_sealed"),
)
PICTURES = (
    PictureColumn("identity_image", "image_key"),
    PictureColumn("face_enrolment", "image_key"),
    PictureColumn("face_enrolment", "second_image_key"),
    PictureColumn("fee_list_signature", "image_key"),
)
PLAIN_DIGESTS = {"idempotency_record.request_hash", "audit_link.hash", "audit_link.digest", "audit_head.hash"}
"""Columns that look like the above and are digests without any key."""
