"""Which migrations this version knows (数据库结构版本)."""

from pkgutil import iter_modules

from models import migrations

KNOWN = frozenset(module.name for module in iter_modules(migrations.__path__))
NEWEST = max(KNOWN)
"""They stand in one line: where this one is applied, all are."""
