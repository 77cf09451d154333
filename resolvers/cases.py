"""Complaints, and what becomes of cases."""

from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

import models
from policy.supervision import ComplaintKind
from policy.terms import CaseKind, CaseState
from resolvers.arguments import KEY_WORDS
from schema.case import Case
from schema.context import Info, call_of
from schema.paging import FIRST_DEFAULT, After, Connection, First, newest_first
from schema.refusal import Refusal
from schema.scalars import Instant
from services import access, cases
from services.complaints import Complaint, file_complaint


@strawberry.enum(description="线索认定")
class CaseOutcome(Enum):
    PROVEN = strawberry.enum_value("PROVEN", description="查实")
    DISMISSED = strawberry.enum_value("DISMISSED", description="不成立")


@strawberry.input(description="线索筛选, 各项同时满足")
class CaseFilterInput:
    kind: CaseKind | None = field(default=None, description="只看此类型")
    state: CaseState | None = field(default=None, description="只看此状态")
    pharmacy_code: str | None = field(default=None, description="只看此药店")
    since: Instant | None = field(default=None, description="立案不早于")
    until: Instant | None = field(default=None, description="立案早于")


@strawberry.input(description="投诉药店: 给出配药编号, 或药店编码与药品编码")
class FileComplaintInput:
    idempotency_key: str = field(description=KEY_WORDS)
    kind: ComplaintKind = field(description="投诉类型")
    text: str = field(description="情况, 至多 1000 字; 加密保存, 只有经办机构、监管与您能看到")
    fill_id: UUID | None = field(default=None, description="所涉配药: 本人的, 或授权可见的家人的")
    pharmacy_code: str | None = field(default=None, description="没有配药时: 药店的定点医药机构编码")
    drug_codes: list[str] = field(default_factory=list, description="没有配药时: 所涉药品编码, 至多 10 个")


@strawberry.input(description="陈述申辩")
class AnswerCaseInput:
    idempotency_key: str = field(description=KEY_WORDS)
    case_id: UUID = field(description="线索编号")
    text: str = field(description="陈述申辩的内容, 至多 1000 字, 只能提交一次")


@strawberry.input(description="认定线索")
class DecideCaseInput:
    idempotency_key: str = field(description=KEY_WORDS)
    case_id: UUID = field(description="线索编号")
    outcome: CaseOutcome = field(description="查实或不成立, 认定后不再更改")
    reason: str = field(description="理由, 药店与投诉人会看到, 至多 500 字")


FileComplaintResult = Annotated[
    Case | Refusal, strawberry.union("FileComplaintResult", description="投诉结果")
]
AnswerCaseResult = Annotated[Case | Refusal, strawberry.union("AnswerCaseResult", description="陈述申辩结果")]
DecideCaseResult = Annotated[Case | Refusal, strawberry.union("DecideCaseResult", description="认定线索结果")]

CaseFilterArgument = Annotated[CaseFilterInput | None, strawberry.argument(description="筛选")]
CaseId = Annotated[UUID, strawberry.argument(description="线索编号")]


@strawberry.type
class CaseQuery:
    @strawberry.field(
        description="监管线索, 新的在前: 经办机构看本统筹区的, 药店看对本店的, 患者看自己投诉的"
    )
    async def cases(
        self, info: Info, filter: CaseFilterArgument = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Case]:
        wanted = cases.CaseFilter(**vars(filter)) if filter else cases.CaseFilter()
        found = wanted.condition(call_of(info).actor)
        return await newest_first(models.Case, found, "opened_at", first, after, Case.of)

    @strawberry.field(description="一条监管线索")
    async def case(self, info: Info, id: CaseId) -> Case:
        return Case.of(await access.get_case(call_of(info).actor, id))


@strawberry.type
class CaseMutation:
    @strawberry.mutation(description="投诉药店, 由医保经办机构核实 (FJ-9.4); 同一事实只立一次")
    async def file_complaint(
        self, info: Info, input: Annotated[FileComplaintInput, strawberry.argument(description="投诉")]
    ) -> FileComplaintResult:
        given = Complaint(
            kind=input.kind,
            text=input.text,
            fill_id=input.fill_id,
            pharmacy_code=input.pharmacy_code,
            drug_codes=tuple(input.drug_codes),
        )
        return Case.of(await file_complaint(call_of(info, input.idempotency_key), complaint=given))

    @strawberry.mutation(description="药店对线索陈述申辩, 认定之前, 只能一次")
    async def answer_case(
        self, info: Info, input: Annotated[AnswerCaseInput, strawberry.argument(description="陈述申辩")]
    ) -> AnswerCaseResult:
        call = call_of(info, input.idempotency_key)
        return Case.of(await cases.answer_case(call, case_id=input.case_id, text=input.text))

    @strawberry.mutation(description="经办机构认定线索; 多次查实显示有货而无货的, 另立退出提醒 (FJ-9.5)")
    async def decide_case(
        self, info: Info, input: Annotated[DecideCaseInput, strawberry.argument(description="认定")]
    ) -> DecideCaseResult:
        row = await cases.decide_case(
            call_of(info, input.idempotency_key),
            case_id=input.case_id,
            outcome=CaseState[input.outcome.name],
            reason=input.reason,
        )
        return Case.of(row)
