"""Members as callers see them: numbers masked, and names unless the caller needs them."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import InsuranceType, PersonalData, PersonStatus
from schema.context import Info
from services import people
from services.reading import note


@strawberry.type(description="参保人")
class Member:
    row: Private[models.Member]
    is_masked: Private[bool]
    id: UUID = field(description="参保人编号")
    area: str = field(description="参保统筹区")
    insurance: InsuranceType = field(description="险种")
    status: PersonStatus = field(description="人员类别")

    @classmethod
    def of(cls, row: models.Member, *, is_masked: bool = False) -> Self:
        return cls(
            row=row, is_masked=is_masked, id=row.id, area=row.area, insurance=row.insurance, status=row.status
        )

    @strawberry.field(description="姓名; 无须实名的角色看到的是脱敏姓名")
    def name(self, info: Info) -> str:
        name = open_text(info, self.row.id, self.row.name_sealed)
        is_shown = people.knows_names(info.context.require_actor()) and not self.is_masked
        return name if is_shown else people.mask_name(name)

    @strawberry.field(description="证件号码, 脱敏")
    def id_number_masked(self, info: Info) -> str:
        number = open_text(info, self.row.id, self.row.id_number_sealed)
        return "*" * len(number) if self.is_masked else mask_number(number)


def open_text(info: Info, member_id: UUID, sealed: bytes) -> str:
    """The text that was sealed for this member."""
    note(member_id, PersonalData.PERSON)
    return info.context.tools.keys.decrypt_text(bytes(sealed), context=f"member:{member_id}".encode())


def mask_number(number: str) -> str:
    """The first three and the last two characters."""
    return number[:3] + "*" * (len(number) - 5) + number[-2:]
