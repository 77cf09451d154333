"""The columns of stock files (列): the headers each goes by, and how its cells are read."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policy.stock import REQUIRED
from policy.terms import MovementKind
from services.stock_files import cells


@dataclass(frozen=True, slots=True)
class Column:
    """One column (列): the field it fills, its headers with the usual one first, how its cells are read.

    `instead` stands in for a cell that can't be read.
    """

    name: str
    field: str
    headers: str
    read: Callable[[str], Any]
    instead: Any = ""

    @property
    def titles(self) -> tuple[str, ...]:
        """The headers it goes by, the last of them the national interfaces' and the API's own."""
        return (*self.headers.split(), self.field)

    @property
    def title(self) -> str:
        """The header people know it by."""
        return self.titles[0]


WHEN = "发生时间 购进时间 入库时间 变动时间 盘存日期 purc_retn_stoin_time inv_chg_time invdate"
QUANTITIES = "数量 采购数量 退货数量 变动数量 盘点数量 盘得数量 实盘数量 purc_retn_cnt cnt inv_cnt"
CODES = "医保药品编码 医保编码 国家医保编码 医疗目录编码 med_list_codg"
INVOICE_CODES, INVOICE_NUMBERS = (
    "采购发票编码 发票代码 purc_invo_codg",
    "采购发票号 发票号码 发票号 purc_invo_no",
)
OPERATORS = "经办人姓名 经办人 purc_retn_opter_name inv_chg_opter_name"
PRICES = "单价 采购单价 进价 退货单价 最终成交单价 finl_trns_pric pric"

COLUMNS = (
    Column("kind", "kind", "变动类型", cells.kind, None),
    Column("drug_code", "drugCode", CODES, cells.drug_code),
    Column("quantity", "quantity", QUANTITIES, cells.quantity, Decimal(1)),
    Column("batch_number", "batchNumber", "生产批号 批号 产品批号 manu_lotnum", cells.code),
    Column("made_on", "madeOn", "生产日期 manu_date", cells.day, None),
    Column("expires_on", "expiresOn", "有效期止 有效期至 有效期 expy_end", cells.day, None),
    Column("approval_number", "approvalNumber", "批准文号 aprvno", cells.approval_number),
    Column("supplier", "supplier", "供货单位 供应商 供应商名称 spler_name", cells.words),
    Column("supplier_licence", "supplierLicence", "供货单位许可证号 供应商许可证号 spler_pmtno", cells.code),
    Column("delivery_note", "deliveryNote", "随货单号 dynt_no", cells.code),
    Column("invoice_code", "invoiceCode", INVOICE_CODES, cells.invoice("invoice_code")),
    Column("invoice_number", "invoiceNumber", INVOICE_NUMBERS, cells.invoice("invoice_number")),
    Column("is_gift", "isGift", "商品赠送标志 赠品 是否赠品 prod_geay_flag", cells.flag, False),
    Column("unit_cost", "unitCost", PRICES, cells.number, Decimal(0)),
    Column("trace_codes", "traceCodes", "药品追溯码 追溯码 drug_trac_codg", cells.trace_codes, ()),
    Column("change_type", "changeType", "库存变更类型 inv_chg_type", cells.code),
    Column("counterparty", "counterparty", "调拨对方 对方单位", cells.words),
    Column("barcode", "barcode", "药品条形码 条形码 drug_prod_barc", cells.code),
    Column("shelf", "shelf", "货架位 货位 shelf_posi", cells.words),
    Column("memo", "memo", "备注 原因", cells.words),
    Column("operator_name", "operatorName", OPERATORS, cells.words),
    Column("reference", "reference", "单据号 单号", cells.code),
    Column("happened_at", "happenedAt", WHEN, cells.instant, None),
)

BY_FIELD: Mapping[str, Column] = MappingProxyType({column.field: column for column in COLUMNS})

MIXED = {"kind", "drug_code", "quantity"}
"""What a file of several kinds must have; what else, each line's kind says."""

HEADER_ROWS_MAX = 20
"""A title and a date may stand above the header."""


class BadHeader(ValueError):
    """No header, or one that says a column twice (表头有误); the message says what to do."""


def known(header: str) -> str:
    """A header without what makes no difference: blanks, a star, what stands in brackets, full width."""
    text = unicodedata.normalize("NFKC", cells.plain(header)).lower()
    return re.sub(r"\s|\*|\(.*?\)", "", text)


BY_HEADER: Mapping[str, Column] = MappingProxyType(
    {known(name): column for column in COLUMNS for name in column.titles}
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header row says (表头): which column stands where, and which are not for us."""

    titles: tuple[str, ...]
    places: Mapping[str, int]
    ignored: tuple[str, ...]

    def title(self, name: str) -> str:
        """The file's own words for a column."""
        return self.titles[self.places[name]]


def is_header(row: Sequence[str]) -> bool:
    """Whether this row names at least a drug and a quantity, or most of what we know."""
    found = {column.name for column in map(BY_HEADER.get, map(known, row)) if column}
    return {"drug_code", "quantity"} <= found or len(found) > 2


def header_of(row: Sequence[str]) -> Header:
    """The columns a header row names."""
    places: dict[str, int] = {}
    ignored = []
    for place, title in enumerate(row):
        column = BY_HEADER.get(known(title))
        if column is None:
            if title.strip():
                ignored.append(title.strip())
        elif column.name in places:
            first = row[places[column.name]].strip()
            raise BadHeader(f"列“{first}”与列“{title.strip()}”是同一项({column.title})。请只留一列")
        else:
            places[column.name] = place
    return Header(tuple(title.strip() for title in row), places, tuple(ignored))


def missing_columns(header: Header, kind: MovementKind | None) -> list[Column]:
    """The columns that this kind of file must have and has not."""
    wanted = {"drug_code", "quantity", *(name for name, _, _ in REQUIRED[kind])} if kind else MIXED
    return [column for column in COLUMNS if column.name in wanted and column.name not in header.places]
