"""Where the servers of the tests listen."""

import socket


def listening_socket() -> socket.socket:
    """A port of our own.

    The protocol is named, for asyncio turns Nagle's algorithm off only then: 40 ms an answer.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening
