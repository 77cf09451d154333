"""Who asks while the database dies is told to come again."""

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
    assert is_away(asyncpg.InternalClientError("protocol is in an unexpected state"))
    assert is_away(asyncpg.InterfaceError("cannot perform operation: connection is closed"))


def test_a_misuse_of_the_driver_is_one() -> None:
    assert not is_away(asyncpg.InterfaceError("another operation is in progress"))
