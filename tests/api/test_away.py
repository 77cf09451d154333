"""Who asks while the database dies is told to come again."""

import errno
from socket import gaierror

import asyncpg

from api.errors import is_away


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
