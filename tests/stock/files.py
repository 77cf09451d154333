"""Files of stock movements as a pharmacy's computer sends them (库存文件)."""

from uuid import uuid4

import pytest

from models import StockMovement
from ops.client import Json, Refused
from ops.world.cast import AMLODIPINE, FUJIAN_PHARMACY
from policy.terms import Role
from tests.house import House
from tests.stock.counter import item_of
from tests.stock.spreadsheet import Cell

UPLOAD = """mutation M($input: UploadStockInput!) {
  uploadStock(input: $input) {
    ... on StockUpload { lines sheet ignoredColumns pharmacy { code } }
    ... on Refusal { violations { code message rule lineId actual } }
  }
}"""
HEADER = (
    "医保药品编码",
    "数量",
    "生产批号",
    "生产日期",
    "有效期止",
    "批准文号",
    "供货单位",
    "单价",
    "药品追溯码",
)


def bought(**other: Cell) -> list[Cell]:
    """A line of a delivery; `other` says what is different, by header."""
    usual: dict[str, Cell] = {
        "医保药品编码": AMLODIPINE,
        "数量": "5",
        "生产批号": "B1",
        "生产日期": "2025-11-01",
        "有效期止": "2028-10-31",
        "批准文号": "国药准字H99990001",
        "供货单位": "示例医药配送甲公司",
        "单价": "4.20",
        "药品追溯码": "",
    }
    return list((usual | other).values())


async def upload(house: House, content: bytes, kind: str | None = "PURCHASE", key: str = "") -> Json:
    """What the pharmacy's computer sends."""
    client = house.client(Role.PHARMACY, FUJIAN_PHARMACY)
    return await client.upload(UPLOAD, {"file": content}, kind=kind, idempotencyKey=key or str(uuid4()))


async def refused(house: House, content: bytes, kind: str | None = "PURCHASE") -> list[Json]:
    """The violations that a file is refused with."""
    with pytest.raises(Refused) as refusal:
        await upload(house, content, kind)
    return refusal.value.violations


async def moved(batch: str) -> list[StockMovement]:
    """The movements of a batch of amlodipine."""
    item = await item_of()
    return await StockMovement.filter(item_id=item.id, batch_number=batch).order_by("moved_at")


def fresh() -> str:
    """A batch number that no other test has."""
    return f"F{uuid4().hex[:10]}"
