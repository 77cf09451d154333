"""The accounts of mini-programs (小程序账号): found by keyed hash, sealed so that they can be hashed anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models import AccountLink, Device
from services.actor import Keys


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account whose openid is known just now (小程序账号), and the hashes by which it may be found."""

    hashes: Sequence[str]
    text: str = field(compare=False, repr=False)

    @property
    def present(self) -> str:
        """The hash by the present lookup key."""
        return self.hashes[0]


def account_of(keys: Keys, openid: str) -> KnownAccount:
    """An account by its openid, as hex: the key ring takes small letters for capitals."""
    return known(keys, f"openid:{openid.encode().hex()}")


def known(keys: Keys, text: str) -> KnownAccount:
    """An account by the text that is sealed and hashed of it."""
    return KnownAccount(keys.lookup_hashes(text), text)


def account_on(keys: Keys, device: Device) -> KnownAccount | None:
    """The account that signed in on a device; None if that was before accounts were sealed."""
    if device.openid_sealed is None:
        return None
    return known(keys, keys.decrypt_text(bytes(device.openid_sealed), context=context("device", device.id)))


def sealed(keys: Keys, account: KnownAccount, table: str, row_id: UUID) -> bytes:
    """The account encrypted for its row (加密账号)."""
    return keys.encrypt_text(account.text, context=context(table, row_id))


def context(table: str, row_id: UUID) -> bytes:
    """What an account is encrypted for, as `models/sealed.py` declares it."""
    return f"{table}:{row_id}".encode()


async def link_of(keys: Keys, account: KnownAccount) -> AccountLink | None:
    """The account's link (账号绑定), locked; of several under older lookup keys the latest, the others go."""
    rows = AccountLink.select_for_update().filter(openid_hash__in=account.hashes)
    links = await rows.order_by("-linked_at", "id")
    if not links:
        return None
    link, *earlier = links
    await AccountLink.filter(id__in=[one.id for one in earlier]).delete()
    if link.openid_hash != account.present or link.openid_sealed is None:
        link.openid_hash = account.present
        link.openid_sealed = sealed(keys, account, "account_link", link.id)
        await link.save(update_fields=["openid_hash", "openid_sealed"])
    return link


async def renew_devices(keys: Keys, account: KnownAccount) -> None:
    """Hash and seal the account anew on the devices that still need it (补全登录设备)."""
    live = Device.select_for_update().filter(openid_hash__in=account.hashes, ended_at=None)
    for device in await live.order_by("id"):
        if device.openid_hash != account.present or device.openid_sealed is None:
            device.openid_hash = account.present
            device.openid_sealed = sealed(keys, account, "device", device.id)
            await device.save(update_fields=["openid_hash", "openid_sealed"])
