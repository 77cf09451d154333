"""Doing at once what need not wait (即时执行): thousands of tasks cost more than what they send."""

import types
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


def begin(work: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
    """Run a coroutine until it waits for something; give what is left of it, or None when it is done."""
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    return _rest(work, waits_for)


@types.coroutine
def _rest(work: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """What is left of a coroutine, for a task to await."""
    try:
        while True:
            try:
                answer = yield waits_for
            except GeneratorExit:
                raise
            # a cancellation is for the work as well
            except BaseException as error:
                waits_for = work.throw(error)
            else:
                waits_for = work.send(answer)
    except StopIteration:
        return
    finally:
        work.close()
