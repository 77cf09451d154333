"""Who saw a patient's data, as the patient sees it."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import field

from policy.terms import PersonalData, Role
from schema.scalars import Instant
from services import who_saw


@strawberry.type(description="一次查看或办理: 谁、何时、看了什么; 只到机构, 不含工作人员姓名")
class DataAccess:
    id: UUID = field(description="审计记录编号")
    at: Instant = field(description="时间")
    role: Role = field(description="对方的角色")
    institution: str = field(description="机构名称, 或经办机构的统筹区; 家人与系统为空")
    relation: str = field(description="家人与您的关系; 非家人为空")
    action: str = field(description="做了什么, 例如“查看”“审方通过”")
    things: list[PersonalData] = field(description="看到的内容; 办理业务的为空, 见 action")

    @classmethod
    def of(cls, found: who_saw.Sight) -> Self:
        return cls(
            id=found.id,
            at=Instant(found.at),
            role=found.role,
            institution=found.institution,
            relation=found.relation,
            action=found.action,
            things=list(found.things),
        )
