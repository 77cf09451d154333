"""Who asks while the database dies is told to come again."""

import errno
from socket import gaierror

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from api.errors import is_away
from api.receipts import awake


def test_a_transaction_that_was_lost_with_its_connection_is_no_fault_of_ours() -> None:
    try:
        try:
            raise asyncpg.ConnectionDoesNotExistError
        except asyncpg.ConnectionDoesNotExistError:
            raise asyncpg.InterfaceError("the underlying connection is closed")  # noqa: B904  # as a rollback does
    except asyncpg.InterfaceError as error:
        found = error

    assert is_away(found)
    assert is_away(asyncpg.CrashShutdownError())
    assert is_away(asyncpg.CannotConnectNowError())
    assert is_away(FileNotFoundError(errno.ENOENT, "No such file or directory")), "of a socket"
    assert is_away(gaierror("Name or service not known"))
    assert is_away(asyncpg.InternalClientError("protocol is in an unexpected state"))
    assert is_away(asyncpg.InterfaceError("cannot perform operation: connection is closed"))
    assert is_away(asyncpg.InternalClientError("another operation (13) is in progress"))


def test_a_misuse_of_the_driver_is_one_and_a_missing_file() -> None:
    assert not is_away(FileNotFoundError(errno.ENOENT, "No such file or directory", "/a/file"))
    assert not is_away(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_away(asyncpg.InterfaceError("another operation is in progress"))


async def test_a_receipt_whose_connection_is_lost_is_to_be_asked_for_again() -> None:
    async def lost(request: Request) -> Response:
        raise asyncpg.InterfaceError("cannot perform operation: connection is closed")

    answer = await awake(lost)(Request({"type": "http"}))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
