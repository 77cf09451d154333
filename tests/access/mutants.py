"""The access code with one line gone (权限变异): would a test notice?"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

from services import access, people

FILTERS = (
    (re.compile(r"return Q\((?!pk__isnull).*\)$"), "return EVERYTHING"),
    (re.compile(r"Fill\.filter\(~Q\(state__in=UNSOLD\), "), "Fill.filter("),
    (re.compile(r" if (GrantScope\.SEE|scope) in grant\.scopes"), ""),
    (re.compile(r"if wanted not in await visible_members\(actor, now\):"), "if False:"),
    (re.compile(r"return UUID\(owner\) in await visible_members\(actor, now\)$"), "return True"),
)
RULES = (
    (re.compile(r"return actor\.role in COUNTER and state in UNSOLD$"), "return False"),
    (re.compile(r"return .*(KNOWS_NAMES|is_over|Role\.HOSPITAL).*$"), "return True"),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line made to let everybody through."""

    module: ModuleType
    number: int
    after: str

    def __str__(self) -> str:
        return f"{self.module.__name__.rpartition('.')[2]}:{self.number + 1}"


def lines_of(module: ModuleType) -> list[str]:
    """The module's text."""
    return Path(str(module.__file__)).read_text("utf-8").splitlines()


def mutants() -> Iterator[Mutant]:
    """Every line that holds somebody back, without it."""
    for module, changes in ((access, FILTERS), (people, RULES)):
        for number, line in enumerate(lines_of(module)):
            for pattern, replacement in changes:
                if pattern.search(line):
                    yield Mutant(module, number, pattern.sub(replacement, line))
                    break


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """Run the block with the mutant: whoever has imported the module's functions has the changed ones."""
    lines = lines_of(mutant.module)
    lines[mutant.number] = mutant.after
    changed = dict(vars(mutant.module))
    exec(compile("\n".join(lines), str(mutant.module.__file__), "exec"), changed)
    own = {name: one for name, one in vars(mutant.module).items() if is_of(one, mutant.module)}
    before = {name: function.__code__ for name, function in own.items()}
    for name, function in own.items():
        function.__code__ = changed[name].__code__
    try:
        yield
    finally:
        for name, function in own.items():
            function.__code__ = before[name]


def is_of(one: object, module: ModuleType) -> bool:
    """Whether this is a function that the module defines."""
    return isinstance(one, FunctionType) and one.__module__ == module.__name__
