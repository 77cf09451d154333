"""Sign in from a mini-program (小程序登录): a device, its rotating tokens, and its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from models import Device
from policy.rule import broken
from policy.violation import Code, Violation
from services.actor import Call, Keys, Sessions
from services.errors import BadInput, NotFound, Refused, SignInOff, check_text
from services.family_people import require_member
from services.mini_accounts import KnownAccount, account_of, link_of, renew_devices, sealed
from services.short_codes import is_among, refuse_guessers
from services.use_case import Work, use_case

LIFE = timedelta(days=30)
"""How long a device stays signed in without being used."""

UNLINKED_LIFE = timedelta(minutes=30)
"""How long a device waits to be linked to a member."""

GRACE = timedelta(seconds=30)
"""Within it the token before the current one gives the current one again: the answer may have been lost."""

CODE_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Session:
    """What a device holds after signing in (会话). Without an access token it must be linked first."""

    device: Device
    refresh_token: str
    access_token: str | None
    access_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token whose form and digest are right (已核对的刷新令牌)."""

    device_id: UUID
    generation: int


def refresh_token(keys: Keys, device_id: UUID, generation: int) -> str:
    """The refresh token of a device's generation (刷新令牌): derived when asked, kept nowhere."""
    return refresh_tokens(keys, device_id, generation)[0]


def refresh_tokens(keys: Keys, device_id: UUID, generation: int) -> list[str]:
    """The refresh tokens of a generation by the present lookup key and by older ones."""
    digests = keys.lookup_hashes(f"refresh:{device_id}:{generation}")
    return [f"{device_id.hex}{generation:08x}{digest}" for digest in digests]


def presented(keys: Keys, token: str) -> Presented:
    """What a refresh token says, if we made it."""
    # `compare_digest` takes ASCII alone
    if not token.isascii():
        raise Refused([ended()])
    try:
        device_id, generation = UUID(hex=token[:32]), int(token[32:40], 16)
    except ValueError:
        raise Refused([ended()]) from None
    if not is_among(token, refresh_tokens(keys, device_id, generation)):
        raise Refused([ended()])
    return Presented(device_id, generation)


async def sign_in(call: Call, code: str, device: str) -> Session:
    """Sign a device in by the code of its mini-program (小程序登录, YL-53).

    The code is exchanged before the transaction, so that no row waits for it.
    """
    sessions = sessions_of(call)
    check_text("device", device, 50)
    if not 1 <= len(code) <= CODE_LENGTH_MAX or not code.isascii() or not code.isprintable():
        raise BadInput("code", "应为小程序 wx.login 返回的 code。")
    locked = about(Code.SIGN_IN_LOCKED, "登录凭证错误次数过多,请 10 分钟后再试。")
    await refuse_guessers(Work(call), "signInWithWechat", [Code.SIGN_IN_CODE_WRONG], locked)
    openid = await sessions.openid(code)
    account = None if openid is None else account_of(call.tools.keys, openid)
    return session_of(call, await keep_device(call, account=account, name=device.strip() or "微信小程序"))


@use_case("signInWithWechat", Device)
async def keep_device(work: Work, account: KnownAccount | None, name: str) -> Device:
    """Write the device, of the member to whom its account is linked."""
    if account is None:
        text = "登录凭证无效或已使用。请重新调用 wx.login 取得新的 code。"
        raise Refused([about(Code.SIGN_IN_CODE_WRONG, text)])
    keys = work.call.tools.keys
    await renew_devices(keys, account)
    link = await link_of(keys, account)
    device_id = uuid4()
    return await Device.create(
        id=device_id,
        openid_hash=account.present,
        openid_sealed=sealed(keys, account, "device", device_id),
        member_id=link.member_id if link else None,
        name=name,
        signed_in_at=work.now,
        refreshed_at=work.now,
        expires_at=work.now + (LIFE if link else UNLINKED_LIFE),
    )


async def refresh_session(call: Call, token: str) -> Session:
    """Take a refresh token for the next one (刷新会话). One that was used before ends the device."""
    sessions_of(call)
    shown = presented(call.tools.keys, token)
    device = await rotate(call, device_id=shown.device_id, generation=shown.generation)
    if device.ended_at is not None:
        raise Refused([ended()])
    return session_of(call, device)


@use_case("refreshSession", Device)
async def rotate(work: Work, device_id: UUID, generation: int) -> Device:
    """Move a device to its next generation; end it when an old token comes back, for somebody copied it."""
    device = await live_device(work, device_id)
    if generation == device.generation:
        device.generation += 1
        device.refreshed_at = work.now
        if device.member_id is not None:
            device.expires_at = work.now + LIFE
    elif generation != device.generation - 1 or work.now > device.refreshed_at + GRACE:
        device.ended_at = work.now
    await device.save(update_fields=["generation", "refreshed_at", "expires_at", "ended_at"])
    return device


async def sign_out(call: Call, token: str) -> Device:
    """End the device that shows its refresh token (退出登录)."""
    return await end_device(call, device_id=presented(call.tools.keys, token).device_id)


@use_case("signOut", Device)
async def end_device(work: Work, device_id: UUID) -> Device:
    """End a device whose token was shown."""
    device = await Device.select_for_update().get_or_none(id=device_id)
    if device is None:
        raise Refused([ended()])
    return await end(work, device)


@use_case("signOutDevice", Device)
async def sign_out_device(work: Work, device_id: UUID) -> Device:
    """End one of the caller's own devices (退出其他设备)."""
    member_id = require_member(work, "退出设备")
    device = await Device.select_for_update().get_or_none(id=device_id, member_id=member_id)
    if device is None:
        raise NotFound("登录设备", device_id)
    return await end(work, device)


async def end(work: Work, device: Device) -> Device:
    """End a device, once."""
    if device.ended_at is None:
        device.ended_at = work.now
        await device.save(update_fields=["ended_at"])
    return device


async def live_device(work: Work, device_id: UUID) -> Device:
    """A device that is signed in, locked."""
    device = await Device.select_for_update().get_or_none(id=device_id)
    if device is None or device.ended_at is not None or device.expires_at <= work.now:
        raise Refused([ended()])
    return device


def session_of(call: Call, device: Device) -> Session:
    """What a device is given: a refresh token, and an access token once it is linked."""
    token = refresh_token(call.tools.keys, device.id, device.generation)
    if device.member_id is None:
        return Session(device, token, None, None)
    return Session(device, token, *sessions_of(call).access_token(str(device.member_id)))


def sessions_of(call: Call) -> Sessions:
    """What signs in; raises `SignInOff` where it is not set up."""
    if call.tools.sessions is None:
        raise SignInOff
    return call.tools.sessions


def ended() -> Violation:
    """The device is not signed in any more."""
    return about(Code.SESSION_ENDED, "登录已失效或已退出。请重新登录。")


def about(code: Code, text: str) -> Violation:
    """A refusal that has to do with signing in."""
    return broken(code, "YL-53", text)
