"""The two people of a family grant (亲情共济双方): named by keyed hashes, sure of by their own numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from models import Member
from policy.identifiers import is_id_number
from policy.rule import broken
from policy.terms import Role
from policy.violation import Code, Violation
from services.actor import Call, Keys
from services.errors import BadInput, Forbidden, NotFound, Refused, check_text
from services.short_codes import is_among, refuse_guessers
from services.use_case import Work

TAIL = 6
"""So many last characters of one's own identity number show that one knows it."""

WRONG = (Code.FAMILY_IDENTITY_WRONG, Code.FAMILY_INVITATION_WRONG)


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Somebody named by identity number and name (指名的人), as keyed hashes: no number is kept."""

    id_hashes: Sequence[str]
    name_hash: str


def named(call: Call, id_number: str, name: str) -> NamedPerson:
    """The person whom the caller names; a number that can't be one is refused."""
    number = id_number.strip().upper()
    if not is_id_number(number, allow_samples=call.tools.allows_samples):
        raise BadInput("proxyIdNumber", "不是有效的居民身份证号码,请核对后重填。")
    if not name.strip():
        raise BadInput("proxyName", "请填写被邀请人的姓名。")
    check_text("proxyName", name, 50)
    keys = call.tools.keys
    return NamedPerson(keys.lookup_hashes(number), keys.lookup_hash(name))


def tail_hash(call: Call, text: str) -> str:
    """The keyed hash of the last characters of one's own number, as typed."""
    tail = text.strip().upper()
    if len(tail) != TAIL or not tail.isascii() or not tail.isalnum():
        raise BadInput("ownIdTail", f"请填写本人身份证号码的后 {TAIL} 位。")
    return call.tools.keys.lookup_hash(tail)


async def person_of(keys: Keys, wanted: NamedPerson) -> Member | None:
    """The member of that number and that name, if there is one."""
    found = await Member.get_or_none(id_number_hash__in=wanted.id_hashes)
    if found is None:
        return None
    name = keys.decrypt_text(bytes(found.name_sealed), context=f"member:{found.id}".encode())
    return found if is_among(wanted.name_hash, keys.lookup_hashes(name)) else None


def require_member(work: Work, what: str) -> UUID:
    """The member who is calling."""
    work.call.require(what, Role.PATIENT)
    if work.actor.member_id is None:
        raise Forbidden(what, [Role.PATIENT])
    return work.actor.member_id


async def require_own_number(work: Work, verb: str, tail: str) -> None:
    """Refuse who does not know his own identity number (本人身份确认, YL-51), or guesses at it."""
    text = "亲情共济尝试错误次数过多,请 10 分钟后再试。"
    await refuse_guessers(work, verb, WRONG, about_invitation(Code.FAMILY_TRIES_LOCKED, text))
    member = await Member.get_or_none(id=work.actor.member_id)
    if member is None:
        raise NotFound("参保人", work.actor.member_id)
    keys = work.call.tools.keys
    number = keys.decrypt_text(bytes(member.id_number_sealed), context=f"member:{member.id}".encode())
    if not is_among(tail, keys.lookup_hashes(number[-TAIL:])):
        text = f"与登记的本人身份证号码后 {TAIL} 位不一致,请核对后重试。"
        raise Refused([about_invitation(Code.FAMILY_IDENTITY_WRONG, text)])


async def lock_members(keys: Iterable[UUID]) -> dict[UUID, Member]:
    """Members (参保人), locked in the order of their ids."""
    rows = await Member.select_for_update().filter(id__in=set(keys)).order_by("id")
    return {row.id: row for row in rows}


def about_invitation(code: Code, text: str) -> Violation:
    """A refusal that has to do with an invitation."""
    return broken(code, "YL-51", text)
