"""Receipts: a file with everything in it, a code that anybody can check, and nothing that can be forged."""

import base64
import re
import zlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import cv2
import numpy as np
import pytest

from engines.receipt_codes import ReceiptCodes
from models import Settlement
from ops.client import Client, Json
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import Role
from services.receipts import SUMS
from tests.house import PUBLIC_URL, RECEIPT_KEYS, House
from tests.money.words import lines, reverse
from tests.payments.till import CASH
from tests.road.walk import Walk

RECEIPT = """query R($id: UUID!) { settlement(id: $id) {
  receipt { verifyCode verifyUrl pdfUrl expiresAt } member { name } } }"""
VERIFY = """query V($code: String!) { verifyReceipt(code: $code) {
  isGenuine number settledAt pharmacyName memberName total fundTotal personalTotal
  reversedTotal isWhollyReversed } }"""
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
SHOWN = re.compile(rb"\((.*?)(?<!\\)\) Tj", re.S)
ESCAPES = re.compile(rb"\\([0-7]{3}|.)", re.S)


@pytest.fixture(scope="module")
async def settlement(house: House) -> Json:
    """A settlement."""
    walk = Walk(house, FUJIAN)
    return await walk.settle(await walk.prepare(await walk.upload()), tender=CASH)


async def receipt(client: Client, settlement: Json) -> Json:
    """A settlement's receipt with its member, as a caller has it."""
    found: Json = (await client.execute(RECEIPT, {"id": settlement["id"]}))["settlement"]
    return found


async def check(house: House, code: str) -> Json:
    """What somebody without a token is told of a code."""
    body = {"query": VERIFY, "variables": {"code": code}}
    answer = (await house.http.post(f"{house.url}/graphql", json=body)).json()
    found: Json = answer["data"]["verifyReceipt"]
    return found


def path_of(url: str) -> str:
    """The path of a public address."""
    assert url.startswith(PUBLIC_URL)
    return url.removeprefix(PUBLIC_URL)


def text_of(pdf: bytes) -> str:
    """The words that a file shows, in the order in which it draws them."""
    shown = []
    for stream in STREAM.findall(pdf):
        page = zlib.decompress(decoded(stream))
        shown += [unescaped(one).decode("utf-16-be") for one in SHOWN.findall(page)]
    return "".join(shown)


def decoded(stream: bytes) -> bytes:
    """The bytes of a stream in base 85."""
    return base64.a85decode(stream.strip().removesuffix(b"~>"))


def unescaped(text: bytes) -> bytes:
    """A string of PDF without its escapes."""
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def put(found: re.Match[bytes]) -> bytes:
        said = found[1]
        return bytes([int(said, 8)]) if len(said) == 3 else plain.get(said, said)

    return ESCAPES.sub(put, text)


async def test_the_file_says_everything_that_the_statement_says(house: House, settlement: Json) -> None:
    walk = Walk(house, FUJIAN)
    found = await receipt(walk.patient, settlement)

    answer = await house.http.get(house.url + path_of(found["receipt"]["pdfUrl"]))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    text = text_of(answer.content)
    row = await Settlement.get(id=settlement["id"])
    amounts = [f"{word}{row.statement[name]}" for word, name in SUMS]
    wanted = [row.number, found["member"]["name"], "不是税务发票", "示例参数", *amounts]
    assert [one for one in wanted if one not in text] == []
    assert b"STSong-Light" in answer.content


async def test_who_may_not_know_names_gets_a_file_without(house: House, settlement: Json) -> None:
    walk = Walk(house, FUJIAN)
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    name = (await receipt(walk.patient, settlement))["member"]["name"]

    found = await receipt(agency, settlement)
    text = text_of((await house.http.get(house.url + path_of(found["receipt"]["pdfUrl"]))).content)

    assert name not in text
    assert name[0] + "*" in text
    assert (await receipt(walk.hospital, settlement))["receipt"] is None


async def test_a_link_holds_ten_minutes_and_cannot_be_made_up(house: House, settlement: Json) -> None:
    walk = Walk(house, FUJIAN)
    path = path_of((await receipt(walk.patient, settlement))["receipt"]["pdfUrl"])
    code = (await receipt(walk.patient, settlement))["receipt"]["verifyCode"]
    forged = ReceiptCodes(["another key"], PUBLIC_URL).file_url(
        uuid4(), house.now() + timedelta(hours=1), shows_name=True
    )

    changed = path.replace(path[12], "A" if path[12] != "A" else "B")
    others = [path_of(forged), changed, f"/receipts/{code}.pdf"]
    refused = [(await house.http.get(house.url + one)).status_code for one in others]
    house.later(minutes=11)
    late = await house.http.get(house.url + path)

    assert refused == [404, 404, 404]
    assert late.status_code == 410


async def test_anybody_who_holds_the_code_learns_what_stands_of_it(house: House) -> None:
    walk = Walk(house, FUJIAN)
    settlement = await walk.settle(await walk.prepare(await walk.upload()), tender=CASH)
    found = await receipt(walk.patient, settlement)
    code = found["receipt"]["verifyCode"]

    fresh = await check(house, code)
    await reverse(walk.counter(), settlement, lines=lines(1))
    part = await check(house, code)
    await reverse(walk.counter(), settlement)
    whole = await check(house, code)
    page = await house.http.get(house.url + path_of(found["receipt"]["verifyUrl"]))

    total = settlement["statement"]["total"]
    assert (fresh["isGenuine"], fresh["number"], fresh["total"]) == (True, settlement["number"], total)
    assert fresh["memberName"] == found["member"]["name"][0] + "*" * (len(found["member"]["name"]) - 1)
    assert (fresh["reversedTotal"], fresh["isWhollyReversed"]) == ("0.00", False)
    assert 0 < float(part["reversedTotal"]) < float(total)
    assert (whole["reversedTotal"], whole["isWhollyReversed"]) == (total, True)
    assert "结算单属实" in page.text
    assert "已全部冲正" in page.text
    assert found["member"]["name"] not in page.text


@pytest.mark.parametrize("code", ["", "x", "A" * 43, "码", "A" * 5000, "../../etc"], ids=len)
async def test_a_code_that_we_never_signed_is_not_genuine(house: House, code: str) -> None:
    assert await check(house, code) == dict.fromkeys(await check(house, "x")) | {"isGenuine": False}
    if code.isalnum():
        page = await house.http.get(f"{house.url}/verify/{code}")
        assert (page.status_code, "不是本系统出具" in page.text) == (404, True)


async def test_codes_signed_with_a_key_before_still_hold(house: House, settlement: Json) -> None:
    before = ReceiptCodes(RECEIPT_KEYS[1:]).verify_code((await Settlement.get(id=settlement["id"])).id)

    assert (await check(house, before))["isGenuine"]


def test_the_qr_code_leads_to_the_verification() -> None:
    url = ReceiptCodes(RECEIPT_KEYS, PUBLIC_URL)
    address = url.verify_url(url.verify_code(uuid4()))
    # loaded late, as by the product: a third of a second
    from engines.receipt_pdf import widget

    drawn = widget(address)
    drawn.qr.make()

    dots = np.array([[0 if dark else 255 for dark in row] for row in drawn.qr.modules], dtype=np.uint8)
    picture = cv2.resize(np.pad(dots, 4, constant_values=255), None, fx=8, fy=8, interpolation=0)

    # the other detector of OpenCV does not see one in thirty of them
    assert cv2.QRCodeDetectorAruco().detectAndDecode(picture)[0] == address


def test_a_link_tells_till_when_it_holds() -> None:
    codes, key, until = ReceiptCodes(["k"]), uuid4(), datetime(2026, 3, 16, 9, 30, tzinfo=UTC)

    ticket = codes.file_url(key, until, shows_name=False).removeprefix("/receipts/").removesuffix(".pdf")

    assert codes.open_ticket(ticket) == (key, until, False)
    assert codes.settlement_of(ticket) is None
