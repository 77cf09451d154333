"""Members who grant each other something, step by step over HTTP."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from models import Member
from ops.client import Client, Json, result_of
from ops.world import cast
from ops.world.ids import member_id
from policy.identifiers import id_check_digit
from policy.terms import Role
from tests.cards import number_of
from tests.family import words
from tests.house import House
from tests.world import keys


@dataclass(frozen=True)
class Relative:
    """One member with a phone (家人): signs in, knows the own identity number."""

    house: House
    psn_no: str

    @property
    def id(self) -> str:
        """The member's id."""
        return str(member_id(self.psn_no))

    @property
    def client(self) -> Client:
        """The member's phone."""
        return self.house.client(Role.PATIENT, self.psn_no)

    async def number(self) -> str:
        """The own identity number."""
        return number_of(await Member.get(psn_no=self.psn_no))

    async def name(self) -> str:
        """The own name."""
        row = await Member.get(psn_no=self.psn_no)
        return keys().decrypt_text(bytes(row.name_sealed), context=f"member:{row.id}".encode())

    async def tail(self) -> str:
        """What the own identity number ends with."""
        return (await self.number())[-6:]

    async def invite(self, *scopes: str, named: "Relative | None" = None, **more: Any) -> Json:
        """An invitation, by a code unless somebody is named."""
        who = {"proxyIdNumber": await named.number(), "proxyName": await named.name()} if named else {}
        given = {"ownIdTail": await self.tail(), "relation": "OTHER", "scopes": scopes or ["SEE"]}
        return await self.client.do(words.INVITE, **(given | who | more))

    async def accept(self, **which: Any) -> Json:
        """An invitation, accepted."""
        return await self.client.do(words.ACCEPT, **({"ownIdTail": await self.tail()} | which))

    async def revoke(self, grant_id: str, **more: Any) -> Json:
        """A grant, taken back."""
        return await self.client.do(words.REVOKE, grantId=grant_id, **more)

    async def grants(self, **variables: Any) -> list[Json]:
        """The grants this member gave or holds."""
        found = (await self.client.execute(words.GRANTS, variables))["familyGrants"]
        return [edge["node"] for edge in found["edges"]]

    async def invitations(self) -> list[Json]:
        """The invitations this member sent or was sent."""
        found = (await self.client.execute(words.INVITATIONS))["familyInvitations"]
        return [edge["node"] for edge in found["edges"]]

    async def show(self, owner: "Relative", fill_id: str | None = None) -> str:
        """The family code on this member's phone."""
        given = {"input": {"memberId": owner.id, "fillId": fill_id}}
        return str(result_of(await self.client.execute(words.SHOW, given))["code"])


NUMBERS = count(7_000)


async def newcomer(house: House) -> Relative:
    """A member of the patient's area whom nobody knows yet."""
    number = next(NUMBERS)
    psn_no, digits = f"350100{90_000_000 + number}", f"99010119850101{number % 1000:03d}"
    row = await Member.get(psn_no=cast.FUJIAN_PATIENT)
    row._saved_in_db = False
    row.id, row.psn_no = member_id(psn_no), psn_no
    id_number, context = digits + id_check_digit(digits), f"member:{row.id}".encode()
    row.name_sealed = keys().encrypt_text(f"示例家人{number}", context=context)
    row.id_number_sealed = keys().encrypt_text(id_number, context=context)
    row.id_number_hash = keys().lookup_hash(id_number)
    await row.save(force_create=True)
    return Relative(house, psn_no)


async def give(owner: Relative, proxy: Relative, *scopes: str, **more: Any) -> Json:
    """A grant that both have accepted."""
    invitation = await owner.invite(*scopes, named=proxy, **more)
    accepted = await proxy.accept(invitationId=invitation["id"])
    grant: Json = accepted["grant"]
    return grant
