"""Where a subscription stands in its stream (订阅进度), told by its resolver and used by the transports."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """How far one running subscription has come.

    A resolver of events says `reach` before each event and `rest` when it has read everything. The cursor
    goes with the event to clients that resume by it; at rest a subscription may give way to a shared one.
    """

    after: str | None = None
    """A cursor that stands for the argument `after`: where a broken stream, or a shared one, goes on."""
    cursor: str | None = None
    sequence: int = 0
    hand_over: Callable[[int, str], bool] | None = None
    is_handed_over: bool = False

    def reach(self, sequence: int, cursor: str) -> None:
        """The next event is this one."""
        self.sequence, self.cursor = sequence, cursor

    def rest(self, sequence: int, cursor: str) -> bool:
        """Everything up to here is sent; whether somebody else sends what comes."""
        if self.hand_over is not None:
            self.is_handed_over = self.hand_over(sequence, cursor)
        return self.is_handed_over
