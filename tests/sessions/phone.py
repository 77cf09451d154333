"""A phone with the mini-program on it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ops.client import Client, Json, Refused, RequestFailed, result_of
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import Role
from tests.family.people import Relative
from tests.house import House
from tests.sessions import words
from tests.sessions.wechat import Wechat

PATIENT = FUJIAN.patient


@dataclass
class Phone:
    """Somebody's phone (手机): signs in without a token, keeps what it is given."""

    house: House
    wechat: Wechat
    openid: str = field(default_factory=lambda: f"openid-{uuid4().hex}")
    session: Json = field(default_factory=dict)

    async def send(self, document: str, **given: Any) -> Json:
        """A mutation without a token; gives its result, or raises `Refused`."""
        body = {"query": document, "variables": {"input": given}}
        answer: httpx.Response = await self.house.http.post(f"{self.house.url}/graphql", json=body)
        said = answer.json()
        if said.get("errors"):
            raise RequestFailed(said["errors"])
        return result_of(said["data"])

    def code(self) -> str:
        """What `wx.login` gives."""
        code = uuid4().hex
        self.wechat.codes[code] = self.openid
        return code

    async def sign_in(self, code: str | None = None) -> Json:
        """Sign in, and keep the session."""
        self.session = await self.send(words.SIGN_IN, code=code or self.code(), device="测试手机")
        return self.session

    async def link(self, member: Relative, link_code: str, **changes: Any) -> Json:
        """Link this phone's account to a member."""
        given = {
            "refreshToken": self.session["refreshToken"],
            "idNumber": await member.number(),
            "name": await member.name(),
            "linkCode": link_code,
        }
        self.session = await self.send(words.LINK, **(given | changes))
        return self.session

    async def refresh(self, token: str | None = None) -> Json:
        """Take a refresh token for the next session."""
        return await self.send(words.REFRESH, refreshToken=token or self.session["refreshToken"])

    @property
    def client(self) -> Client:
        """The phone as a caller with its access token."""
        return Client(self.house.url, self.session["accessToken"], self.house.http)


def patient(phone: Phone) -> Relative:
    """The member whose phone it is."""
    return Relative(phone.house, PATIENT)


async def link_code(phone: Phone, psn_no: str = PATIENT) -> str:
    """What the agency's clerk gives out to a member who is present."""
    clerk = phone.house.client(Role.AGENCY, cast.FUJIAN_AREA)
    return str((await clerk.do(words.LINK_CODE, psnNo=psn_no))["code"])


async def linked(phone: Phone) -> Phone:
    """A phone that belongs to the patient."""
    await phone.sign_in()
    await phone.link(patient(phone), await link_code(phone))
    return phone


async def refused(attempt: object) -> list[str]:
    """The codes with which an attempt is refused."""
    with pytest.raises(Refused) as refusal:
        await attempt  # type: ignore[misc]  # an awaitable
    return refusal.value.codes


async def failed(attempt: object) -> str:
    """The code with which an attempt fails."""
    with pytest.raises(RequestFailed) as failure:
        await attempt  # type: ignore[misc]  # an awaitable
    code: str = failure.value.errors[0]["extensions"]["code"]
    return code
