"""The lookup key changes while phones are signed in and codes are about: everything is still found."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from engines.keys import KeyRing
from engines.live_keys import LOOK_SECONDS, LiveKeyRing
from models import AccountLink, Device, FamilyCode, Member
from ops.embedded import EngineUrls
from ops.keys.ring_file import change_ring
from ops.keys.rotation import CODES_LIVE, KeyInUse, Vault, retire_lookup, rotate_lookup
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CardReading, GrantScope
from services.card_reading import compared
from services.family_codes import code_of
from services.use_case import Work
from tests.family.people import Relative, newcomer
from tests.house import House, open_house
from tests.services.stage import grant
from tests.sessions.phone import PATIENT, Phone, link_code, linked, patient
from tests.sessions.wechat import Wechat, wechat
from tests.world import keys


@dataclass
class Home:
    """A house whose keys are alive, with the mini-program's stand-in."""

    house: House
    wechat: Wechat
    ring: Path
    seconds: list[float]

    def phone(self) -> Phone:
        """A phone that was never seen before."""
        return Phone(self.house, self.wechat)

    def change_lookup(self) -> None:
        """Another lookup key from now on; nothing is hashed anew yet."""
        change_ring(self.ring, lambda ring: ring.with_new_lookup(self.house.now()))
        self.seconds[0] += LOOK_SECONDS


@pytest.fixture(scope="module")
async def home(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Home]:
    """The house, open."""
    path, seconds = tmp_path_factory.mktemp("keys") / "keys.json", [0.0]
    keys().write(path)
    ring = LiveKeyRing(str(path), clock=lambda: seconds[0])
    folder = tmp_path_factory.mktemp("house")
    async with (
        wechat() as stand_in,
        open_house(module_database, engines.redis_url, folder, stand_in.url, ring) as house,
    ):
        yield Home(house, stand_in, path, seconds)


async def test_a_phone_that_was_linked_before_stays_signed_in_and_signs_in_again(home: Home) -> None:
    phone = await linked(home.phone())
    home.change_lookup()

    refreshed = await phone.refresh()
    again = await phone.sign_in()

    assert refreshed["isLinked"]
    assert again["isLinked"]
    assert (await phone.client.execute("{ member { id } }"))["member"]["id"] == patient(phone).id
    kept = {row.openid_hash for row in await Device.all()} | {
        row.openid_hash for row in await AccountLink.all()
    }
    assert kept == {(await Device.get(id=UUID(hex=again["refreshToken"][:32]))).openid_hash}


async def test_of_links_under_either_key_the_latest_counts(home: Home) -> None:
    """One device was signed in before the change and one after it, and each was linked by itself."""
    early, late = home.phone(), home.phone()
    late.openid = early.openid
    await early.sign_in()
    home.change_lookup()
    await late.sign_in()
    await late.link(patient(late), await link_code(late))
    other = Relative(home.house, cast.FUJIAN_RESIDENT)
    home.house.later(minutes=1)
    await Device.filter(id=UUID(hex=early.session["refreshToken"][:32])).update(openid_hash="f" * 64)
    await AccountLink.create(
        openid_hash=home.house.tools.keys.lookup_hashes(f"openid:{early.openid.encode().hex()}")[1],
        member_id=UUID(other.id),
        linked_at=home.house.now(),
    )

    await late.sign_in()

    assert (await late.client.execute("{ member { id } }"))["member"]["id"] == other.id
    assert (await late.sign_in())["isLinked"]


async def test_codes_that_were_given_out_before_are_shown_again_and_taken(home: Home) -> None:
    phone, owner, proxy = home.phone(), await newcomer(home.house), await newcomer(home.house)
    await phone.sign_in()
    link = await link_code(phone)
    invitation = await owner.invite()
    home.change_lookup()

    session = await phone.link(patient(phone), link)
    (shown,) = await owner.invitations()
    accepted = await proxy.accept(code=invitation["code"])

    assert session["isLinked"]
    assert shown["code"] == invitation["code"]
    assert accepted["state"] == "AWAITING_OWNER"


async def test_a_family_code_stays_what_it_was(home: Home) -> None:
    await grant(home.house, cast.FUJIAN_PATIENT, cast.FUJIAN_RESIDENT, GrantScope.BUY)
    proxy, owner = Relative(home.house, cast.FUJIAN_RESIDENT), Relative(home.house, cast.FUJIAN_PATIENT)
    shown = await proxy.show(owner)
    row = await FamilyCode.get(proxy_id=member_id(cast.FUJIAN_RESIDENT))
    home.change_lookup()

    assert code_of(row, home.house.tools.keys) == shown
    row.owner_id = row.proxy_id
    assert code_of(row, home.house.tools.keys) != shown


async def test_people_are_found_by_number_and_cards_told_apart(home: Home) -> None:
    owner, proxy = await newcomer(home.house), await newcomer(home.house)
    home.change_lookup()

    invitation = await owner.invite(named=proxy)
    card = await Relative(home.house, PATIENT).number()
    reading, matched = compared(
        Work(home.house.call()), [f"公民身份号码{card}"], await Member.get(psn_no=PATIENT)
    )

    assert [one["id"] for one in await proxy.invitations()] == [invitation["id"]]
    assert (reading, matched) == (CardReading.UNREAD, "NUMBER")


async def test_the_old_lookup_key_stays_once_somebody_signed_in_from_a_mini_program(home: Home) -> None:
    phone = await linked(home.phone())
    vault = Vault(home.ring, home.house.database_url, home.house.images_url)

    hashed = sum([many async for many in rotate_lookup(vault)])
    home.seconds[0] += LOOK_SECONDS
    since = KeyRing.from_file(home.ring).lookup_since
    assert since is not None
    with pytest.raises(KeyInUse, match=r"hashes of account_link\.openid_hash again: the old lookup key"):
        await retire_lookup(vault, since + CODES_LIVE)

    assert hashed > 0
    assert (await phone.refresh())["isLinked"]
    assert (await phone.sign_in())["isLinked"]
