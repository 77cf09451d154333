"""When no regulation is in force, say so."""

from collections.abc import Iterator
from contextlib import contextmanager

from policy.parameters import ParameterNotFound
from policy.regulation import not_in_force
from services.errors import Refused


@contextmanager
def lawful() -> Iterator[None]:
    """Turn a missing legal value (政策参数缺失) into a refusal that names what is missing and when."""
    try:
        yield
    except ParameterNotFound as missing:
        raise Refused([not_in_force(missing)]) from missing
