"""A grant comes about by two people who each know who they are, and ends by either."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import AuditEntry, Event, FamilyGrant, FamilyInvitation, IdempotencyRecord
from ops.client import Refused, RequestFailed
from ops.world import cast
from policy.terms import EventKind
from services.topics import member_topic
from tests.family import words
from tests.family.people import Relative, give, newcomer
from tests.house import House

NOBODYS = "990101199001017771"
"""An identity number that no member of the sample world has."""

People = tuple[Relative, Relative, Relative]


@pytest.fixture
async def people(house: House) -> People:
    """A father, a daughter, and somebody else, whom no other test has seen."""
    return await newcomer(house), await newcomer(house), await newcomer(house)


async def kinds_of(member: Relative) -> list[EventKind]:
    """What a member was told about families."""
    rows = await Event.filter(topic=member_topic(UUID(member.id))).order_by("sequence")
    return [row.kind for row in rows if row.kind.startswith("FAMILY_")]


async def refusal_of(attempt: object) -> list[str]:
    """The codes with which an attempt is refused."""
    with pytest.raises(Refused) as refused:
        await attempt  # type: ignore[misc]  # an awaitable
    return refused.value.codes


async def error_of(attempt: object) -> str:
    """The code with which an attempt fails."""
    with pytest.raises(RequestFailed) as failed:
        await attempt  # type: ignore[misc]  # an awaitable
    code: str = failed.value.errors[0]["extensions"]["code"]
    return code


async def test_who_is_named_accepts_and_the_grant_holds_for_its_term(house: House, people: People) -> None:
    father, daughter, _ = people

    invitation = await father.invite("BUY", named=daughter, relation="CHILD", termDays=30)
    (seen,) = await daughter.invitations()
    accepted = await daughter.accept(invitationId=invitation["id"])

    assert (invitation["state"], invitation["proxy"], invitation["code"]) == ("OPEN", None, None)
    assert seen["owner"]["name"].endswith("*"), "a name is masked until both have accepted"
    grant = accepted["grant"]
    assert (grant["relation"], grant["scopes"], grant["isLive"]) == ("CHILD", ["SEE", "BUY"], True)
    assert grant["owner"]["name"] == await father.name()
    assert await father.grants() == await daughter.grants() == [grant]
    await daughter.client.execute("query M($id: UUID) { member(id: $id) { id } }", {"id": father.id})
    house.later(days=31)
    assert await father.grants() == []
    assert [one["isLive"] for one in await father.grants(liveOnly=False)] == [False]


async def test_who_typed_the_code_holds_nothing_before_the_owner_has_seen_who_it_is(
    house: House,
    people: People,
) -> None:
    father, daughter, stranger = people
    invitation = await father.invite("SEE")

    waiting = await daughter.accept(code=invitation["code"])
    late = await refusal_of(stranger.accept(code=invitation["code"]))
    before = await daughter.grants()
    (seen,) = await father.invitations()
    confirmed = await father.accept(invitationId=invitation["id"])

    assert (waiting["state"], waiting["grant"], before) == ("AWAITING_OWNER", None, [])
    assert late == ["FAMILY_INVITATION_STALE"]
    assert (seen["proxy"]["id"], seen["code"]) == (daughter.id, None)
    assert "*" in seen["proxy"]["name"]
    assert confirmed["state"] == "ACCEPTED"
    assert confirmed["grant"]["proxy"]["name"] == await daughter.name()
    accepted, invited = EventKind.FAMILY_ACCEPTED, EventKind.FAMILY_INVITED
    assert await kinds_of(father) == [invited, accepted, accepted]
    assert await kinds_of(daughter) == [accepted, accepted]


async def test_a_code_typed_by_its_own_owner_made_up_or_late_is_refused(house: House, people: People) -> None:
    father, daughter, _ = people
    code = (await father.invite("SEE"))["code"]

    own = await refusal_of(father.accept(code=code))
    made_up = await refusal_of(daughter.accept(code="0000000000"))
    malformed = await error_of(daughter.accept(code="12345"))
    house.later(minutes=31)
    late = await refusal_of(daughter.accept(code=code))

    assert (own, made_up) == (["FAMILY_INVITATION_WRONG"], ["FAMILY_INVITATION_WRONG"])
    assert malformed == "BAD_USER_INPUT"
    assert late == ["FAMILY_INVITATION_STALE"]
    assert not await FamilyGrant.filter(owner_id=father.id).exists()


async def test_whether_somebody_is_insured_is_not_told(house: House, people: People) -> None:
    father, daughter, _ = people

    right = await father.invite("SEE", named=daughter)
    other_name = await father.invite("SEE", named=daughter, proxyName="另一个人")
    nobody = await father.invite("SEE", named=daughter, proxyIdNumber=NOBODYS)

    shown = [
        {name: one[name] for name in one if name not in ("id", "expiresAt")}
        for one in (right, other_name, nobody)
    ]
    assert shown[0] == shown[1] == shown[2]
    assert [one["id"] for one in await daughter.invitations()] == [right["id"]]
    assert await refusal_or_missing(daughter, other_name["id"]) == "NOT_FOUND"


async def refusal_or_missing(member: Relative, invitation_id: str) -> str:
    """What somebody hears who accepts what is not for him."""
    return await error_of(member.accept(invitationId=invitation_id))


async def test_who_does_not_know_the_own_number_does_neither(house: House, people: People) -> None:
    father, daughter, _ = people
    invitation = await father.invite("SEE", named=daughter)

    wrong = [await refusal_of(daughter.accept(invitationId=invitation["id"], ownIdTail="000000"))]
    wrong += [await refusal_of(father.invite("SEE", ownIdTail="000000"))]
    for _ in range(9):
        await refusal_of(daughter.accept(invitationId=invitation["id"], ownIdTail="000000"))
    locked = await refusal_of(daughter.accept(invitationId=invitation["id"]))
    house.later(minutes=11)
    accepted = await daughter.accept(invitationId=invitation["id"])

    assert wrong == [["FAMILY_IDENTITY_WRONG"], ["FAMILY_IDENTITY_WRONG"]]
    assert locked == ["FAMILY_TRIES_LOCKED"]
    assert accepted["state"] == "ACCEPTED"


BAD: list[dict[str, Any]] = [
    {"scopes": []},
    {"payLimit": "5.00"},
    {"scopes": ["PAY"], "payLimitMonth": "0.00"},
    {"termDays": 0},
    {"termDays": 100_000},
    {"ownIdTail": "1"},
    {"proxyIdNumber": "990101199001017770", "proxyName": "某人"},
    {"proxyName": "某人"},
]


async def test_an_offer_that_makes_no_sense_is_the_callers_fault(house: House, people: People) -> None:
    father, _, _ = people

    found = [await error_of(father.invite(**changes)) for changes in BAD]
    found += [await error_of(father.invite("SEE", named=father))]

    assert found == ["BAD_USER_INPUT"] * (len(BAD) + 1)
    assert not await FamilyInvitation.filter(owner_id=father.id).exists()


async def test_either_side_declines_and_nothing_comes_of_it(house: House, people: People) -> None:
    father, daughter, stranger = people
    first, second = [await father.invite("SEE", named=daughter) for _ in range(2)]

    declined = await daughter.client.do(words.DECLINE, invitationId=first["id"])
    withdrawn = await father.client.do(words.DECLINE, invitationId=second["id"])
    late = [await refusal_of(daughter.accept(invitationId=one["id"])) for one in (first, second)]
    foreign = await error_of(stranger.client.do(words.DECLINE, invitationId=first["id"]))

    assert (declined["state"], withdrawn["state"]) == ("DECLINED", "DECLINED")
    assert late == [["FAMILY_INVITATION_STALE"]] * 2
    assert foreign == "NOT_FOUND"
    assert await father.grants() == []


async def test_an_owner_has_at_most_ten_invitations_waiting(house: House, people: People) -> None:
    father, _, _ = people
    for _ in range(10):
        await father.invite("SEE")

    refused = await refusal_of(father.invite("SEE"))
    house.later(minutes=31)

    assert refused == ["FAMILY_INVITATIONS_TOO_MANY"]
    assert (await father.invite("SEE"))["state"] == "OPEN"


async def test_a_new_grant_takes_the_place_of_the_earlier_one(house: House, people: People) -> None:
    father, daughter, _ = people
    first = await give(father, daughter, "SEE", "PAY", payLimit="100.00")

    second = await give(father, daughter, "SEE", "PAY", payLimit="50.00")

    assert [one["id"] for one in await father.grants()] == [second["id"]]
    ended = [one for one in await father.grants(liveOnly=False) if one["id"] == first["id"]]
    assert ended[0]["revokedAt"] is not None


@pytest.mark.parametrize("by_owner", [True, False], ids=["授权人", "被授权人"])
async def test_either_side_revokes_at_once_and_both_are_told(
    house: House, people: People, by_owner: bool
) -> None:
    father, daughter, stranger = people
    grant = await give(father, daughter, "SEE")
    key = str(uuid4())
    ends = father if by_owner else daughter

    foreign = await error_of(stranger.revoke(grant["id"]))
    revoked = await ends.revoke(grant["id"], idempotencyKey=key)
    again = await ends.revoke(grant["id"], idempotencyKey=key)
    other_key = await ends.revoke(grant["id"])
    seen = await error_of(
        daughter.client.execute("query M($id: UUID) { member(id: $id) { id } }", {"id": father.id})
    )

    assert foreign == seen == "NOT_FOUND"
    assert revoked == again == other_key
    assert not revoked["isLive"]
    told = [(await kinds_of(one)).count(EventKind.FAMILY_REVOKED) for one in (father, daughter)]
    assert told == [1, 1]
    assert await AuditEntry.filter(verb="revokeFamily", subject=grant["id"]).count() == 2


async def test_what_is_kept_of_an_invitation_names_nobody(house: House, people: People) -> None:
    father, daughter, _ = people
    await give(father, daughter, "SEE")

    kept = [
        str(row)
        for table in (FamilyInvitation, IdempotencyRecord, AuditEntry, Event)
        for row in await table.all().values()
    ]

    secrets = [await one.number() for one in (father, daughter)] + [await daughter.name()]
    assert not [secret for secret in secrets for text in kept if secret in text]


async def test_grants_come_in_pages(house: House, people: People) -> None:
    father, *others = *people, Relative(house, cast.SHANXI_PATIENT)
    for one in others:
        await give(father, one, "SEE", "PAY", payLimitMonth="10.00")
        house.later(seconds=1)

    first = (await father.client.execute(words.GRANTS, {"first": 2}))["familyGrants"]
    after = first["pageInfo"]["endCursor"]
    second = (await father.client.execute(words.GRANTS, {"first": 2, "after": after}))["familyGrants"]

    shown = [edge["node"] for edge in first["edges"] + second["edges"]]
    assert [one["proxy"]["id"] for one in shown] == [one.id for one in reversed(others)]
    assert {Decimal(one["monthLeft"]) for one in shown} == {Decimal(10)}
    assert not second["pageInfo"]["hasNextPage"]
