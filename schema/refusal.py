"""A refusal by the rules: data, not an error."""

from collections.abc import Sequence
from typing import Self

import strawberry
from strawberry import field
from strawberry.types.field import StrawberryField

from policy import violation
from policy.violation import Code
from services.errors import Refused


@strawberry.type(description="违规项: 一条没有满足的规则")
class Violation:
    code: Code = field(description="拒绝代码, 供程序判断")
    message: str = field(description="给人看的说明: 什么、哪一条、为什么、怎么办")
    rule: str = field(description="规则编号, 例如 FJ-5.2")
    basis: str = field(description="依据的文件与条款")
    line_id: str | None = field(description="涉及的明细编号; 上传前的处方为行号")
    limit: str | None = field(description="规定的限值")
    actual: str | None = field(description="实际的数值")

    @classmethod
    def of(cls, found: violation.Violation) -> Self:
        return cls(
            code=found.code,
            message=found.message,
            rule=found.rule,
            basis=found.basis,
            line_id=found.line_id,
            limit=found.limit,
            actual=found.actual,
        )


@strawberry.type(description="业务拒绝: 一次列出没有满足的全部规则")
class Refusal:
    violations: list[Violation] = field(description="违规项")

    @classmethod
    def of(cls, violations: Sequence[violation.Violation]) -> Self:
        return cls(violations=[Violation.of(one) for one in violations])


class RefusedHandler(strawberry.ExceptionHandler[Refused, Refusal]):
    """Turns a refused use case into the `Refusal` member of the field's union."""

    def handle(self, exception: Refused, *, field: StrawberryField, info: object) -> Refusal:
        return Refusal.of(exception.violations)
