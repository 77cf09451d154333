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
from ops.keys.rotation import CODES_LIVE, KeyInUse, Vault, retire_lookup, rotate_lookup, waiting
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


async def test_the_old_lookup_key_goes_once_every_account_was_sealed(home: Home) -> None:
    phone = await linked(home.phone())
    vault = Vault(home.ring, home.house.database_url, home.house.images_url)
    device = UUID(hex=phone.session["refreshToken"][:32])
    account = home.house.tools.keys.lookup_hash(f"openid:{phone.openid.encode().hex()}")
    # as a version left them that did not seal accounts yet
    await AccountLink.filter(openid_hash=account).update(openid_sealed=None)
    await Device.filter(id=device).update(openid_sealed=None)
    home.change_lookup()

    hashed = sum([many async for many in rotate_lookup(vault)])
    home.seconds[0] += LOOK_SECONDS
    since = KeyRing.from_file(home.ring).lookup_since
    assert since is not None
    late = since + CODES_LIVE
    wait = "1 hashes of device.openid_hash, 1 hashes of account_link.openid_hash"
    with pytest.raises(KeyInUse, match=f"{wait} wait for their owners to sign in"):
        await retire_lookup(vault, late)
    told = await waiting(vault, late)
    await phone.sign_in()
    await retire_lookup(vault, late)
    home.seconds[0] += LOOK_SECONDS

    assert hashed > 0
    assert told == wait
    assert KeyRing.from_file(home.ring).old_lookups == ()
    assert (await phone.refresh())["isLinked"]
    assert (await phone.sign_in())["isLinked"]


async def test_an_account_is_hashed_anew_without_its_owner(home: Home) -> None:
    phone = await linked(home.phone())
    home.change_lookup()
    vault = Vault(home.ring, home.house.database_url, home.house.images_url)

    async for _ in rotate_lookup(vault):
        pass

    present = home.house.tools.keys.lookup_hash(f"openid:{phone.openid.encode().hex()}")
    device = await Device.get(id=UUID(hex=phone.session["refreshToken"][:32]))
    assert device.openid_hash == present
    assert (await AccountLink.get(openid_hash=present)).member_id == device.member_id
    assert phone.openid.encode() not in bytes(device.openid_sealed or b"")


async def test_two_links_of_one_account_do_not_stop_the_rotation(home: Home) -> None:
    """Two processes linked it within the half second in which one of them had the new key already."""
    phone = await linked(home.phone())
    home.change_lookup()
    keys = home.house.tools.keys
    old = await AccountLink.get(openid_hash=keys.lookup_hashes(f"openid:{phone.openid.encode().hex()}")[1])
    await AccountLink.create(
        openid_hash=keys.lookup_hash(f"openid:{phone.openid.encode().hex()}"),
        member_id=old.member_id,
        linked_at=home.house.now(),
    )

    async for _ in rotate_lookup(Vault(home.ring, home.house.database_url, home.house.images_url)):
        pass
    await phone.sign_in()

    assert await AccountLink.filter(member_id=old.member_id, openid_hash=old.openid_hash).count() == 0
    assert (await phone.sign_in())["isLinked"]
