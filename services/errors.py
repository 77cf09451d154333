"""Every way a use case can fail, with the words a caller reads."""

from collections.abc import Sequence

from models import Case
from policy.violation import Violation


class ServiceError(Exception):
    """A failure with a stable code (错误代码) and advice on trying again: `never` or `backoff`."""

    code = "INTERNAL_SERVER_ERROR"
    retry = "never"


class Unauthenticated(ServiceError):
    """Nobody has signed in (未登录)."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("需要登录:请在 Authorization 请求头中携带 Bearer 令牌。")


class Forbidden(ServiceError):
    """The caller's role may not do this (无权操作)."""

    code = "FORBIDDEN"

    def __init__(self, what: str, allowed: Sequence[str] = ()) -> None:
        hint = f"允许的角色:{'、'.join(allowed)}。" if allowed else ""
        super().__init__(f"无权执行「{what}」。{hint}")


class NotFound(ServiceError):
    """Nothing of that kind, or nothing the caller may see (未找到)."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, key: object) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"未找到{kind} {key},或无权查看。请核对编号。")


class BadInput(ServiceError):
    """A value the caller sent can't be used (输入有误)."""

    code = "BAD_USER_INPUT"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        super().__init__(f"{field}:{problem}")


def check_text(field: str, text: str, longest: int) -> None:
    """Refuse a text (文字) that can't be kept: too long, or with a NUL, which the database does not know."""
    if len(text) > longest:
        raise BadInput(field, f"不超过 {longest} 个字符,收到 {len(text)} 个。请缩短。")
    if "\0" in text:
        raise BadInput(field, "含有空字符(NUL)。请去掉后重发。")


class IdempotencyKeyReused(ServiceError):
    """The same key came with another request (幂等键重复使用)."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self, key: str, mutation: str) -> None:
        super().__init__(
            f"幂等键 {key} 已用于另一个请求({mutation})。同一操作重试请发送完全相同的内容,新操作请换新键。"
        )


class Busy(ServiceError):
    """The rows stayed locked or in deadlock (系统繁忙)."""

    code = "BUSY"
    retry = "backoff"

    def __init__(self) -> None:
        super().__init__("系统繁忙,本次操作未生效。请用同一幂等键稍后重试。")


class CursorTooOld(ServiceError):
    """Events after the cursor have been removed (游标过旧)."""

    code = "CURSOR_TOO_OLD"

    def __init__(self) -> None:
        super().__init__("游标之后的部分事件已超过保存期限。请重新查询所需数据,再取当前游标订阅。")


class SignInOff(ServiceError):
    """Signing in from a mini-program is not set up here (未启用小程序登录)."""

    code = "SIGN_IN_OFF"

    def __init__(self) -> None:
        super().__init__("本系统没有启用小程序登录。请使用签发机构的令牌。")


class SignInAway(ServiceError):
    """The service that knows the code does not answer (登录服务不可用)."""

    code = "SERVICE_UNAVAILABLE"
    retry = "backoff"

    def __init__(self) -> None:
        super().__init__("微信登录服务暂时不可用,请稍后重新调用 wx.login 再试。")


class PaymentsOff(ServiceError):
    """No payment provider is set up here (未启用线上支付)."""

    code = "PAYMENTS_OFF"

    def __init__(self) -> None:
        super().__init__("本系统没有启用线上支付。请在柜台收取现金部分。")


class ReceiptsOff(ServiceError):
    """No key to sign receipts is set up here (未启用结算单)."""

    code = "RECEIPTS_OFF"

    def __init__(self) -> None:
        super().__init__("本系统没有启用结算单的签发与核验。请联系系统运维。")


class Refused(ServiceError):
    """The rules forbid it (业务拒绝); carries every broken rule at once, and cases to open."""

    code = "REFUSED"

    def __init__(self, violations: Sequence[Violation], cases: Sequence[Case] = ()) -> None:
        self.violations, self.cases = tuple(violations), tuple(cases)
        super().__init__(";".join(f"{one.message}({one.rule})" for one in self.violations))
