"""The names of the event streams."""

from uuid import UUID


def member_topic(member_id: UUID) -> str:
    """The stream of one member (参保人事件流)."""
    return f"member:{member_id}"


def institution_topic(code: str) -> str:
    """The stream of one hospital or pharmacy (机构事件流)."""
    return f"institution:{code}"


def area_topic(area: str) -> str:
    """The stream of one pooling area's agency (经办机构事件流)."""
    return f"area:{area}"


def stock_topic(code: str) -> str:
    """Where it is rung when a pharmacy's stock may have changed (库存变化); no events are kept."""
    return f"stock:{code}"
