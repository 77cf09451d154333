"""Relations are read level by level, once each, and whatever they cannot say is left to their resolvers."""

from dataclasses import dataclass, field
from typing import Any, Self

import pytest
import strawberry
from strawberry import Private
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from api.plans import PlanCache, PlannedExecutor
from schema.ahead import many, one
from tests.api.plans.agreement import shown


@dataclass
class Row:
    """A row as the database has it."""

    id: int
    of: int = 0


class Planned(PlannedExecutor):
    """Plans of these tests alone."""

    plans = PlanCache(64)


@strawberry.type
class Author:
    row: Private[Row]
    name: str

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row=row, name=f"author {row.id}")


@strawberry.type
class Book:
    row: Private[Row]
    title: str
    author: Author = one(Author, "author", "row.of", "")

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row=row, title=f"book {row.id}")


@strawberry.type
class Shelf:
    row: Private[Row]
    number: int
    books: list[Book] = many(Book, "books", "row.id", "")

    @strawberry.field
    async def late(self) -> "Shelf":
        return Shelf(row=self.row, number=-self.number)


@strawberry.type
class Page:
    shelves: list[Shelf | None]


@dataclass
class Library:
    """The loaders, and what was asked of them (读取记录)."""

    asked: list[tuple[str, list[int]]] = field(default_factory=list)
    lost_author: int | None = None
    is_away: bool = False

    def __post_init__(self) -> None:
        self.loaders = self
        self.author = Loader(DataLoader(load_fn=self.authors))
        self.books = Loader(DataLoader(load_fn=self.books_of))

    async def authors(self, keys: list[int]) -> list[Row | None]:
        self.asked.append(("author", keys))
        if self.is_away:
            raise RuntimeError("away")
        return [None if key == self.lost_author else Row(key) for key in keys]

    async def books_of(self, keys: list[int]) -> list[list[Row]]:
        self.asked.append(("books", keys))
        return [[Row(10 * key + n, of=n) for n in range(key)] for key in keys]


@dataclass
class Loader:
    """What `schema.loaders` has of a relation."""

    loader: DataLoader[int, Any]


@strawberry.type
class Query:
    @strawberry.field
    async def page(self) -> Page:
        return Page(shelves=[Shelf(row=Row(n), number=n) if n else None for n in range(4)])


def library_schema(planned: bool) -> strawberry.Schema:
    engine = Planned if planned else None
    return strawberry.Schema(Query, execution_context_class=engine, config=StrawberryConfig())


SCHEMAS = library_schema(planned=True), library_schema(planned=False)
WHOLE = "{ page { shelves { number books { title author { name } } } } }"


async def both(document: str, **library: Any) -> tuple[Library, Any]:
    """What was asked of the loaders with plans, and the answer, in which both engines agree."""
    planned, reference = (Library(**library) for _ in SCHEMAS)
    answers = [
        shown(await schema.execute(document, context_value=context))
        for schema, context in zip(SCHEMAS, (planned, reference), strict=True)
    ]
    assert answers[0] == answers[1]
    return planned, answers[0]


async def test_each_level_is_read_once_for_all_objects() -> None:
    library, (data, errors) = await both(WHOLE)

    assert errors == []
    assert library.asked == [("books", [1, 2, 3]), ("author", [0, 1, 2])]
    assert '"author 2"' in data


async def test_no_object_waits_for_rows_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[object] = []
    original = PlannedExecutor.execute_field

    def watched(self: Any, parent_type: Any, *arguments: Any) -> Any:
        resolved.append(parent_type.name)
        return original(self, parent_type, *arguments)

    monkeypatch.setattr(PlannedExecutor, "execute_field", watched)
    await SCHEMAS[0].execute(WHOLE, context_value=Library())

    assert resolved == ["Query"]


@pytest.mark.parametrize(
    "document",
    [
        "{ page { shelves { a: books { title } b: books { author { name } } } } }",
        "{ page { shelves { ...A ...B } } } fragment A on Shelf { books { title } } "
        "fragment B on Shelf { books { author { n: name __typename } } }",
        "{ page { shelves { late { number books { author { name } } late { books { title } } } } } }",
        "{ a: page { shelves { number } } b: page { shelves { books { __typename } } } }",
    ],
)
async def test_both_engines_say_the_same_of_any_shape(document: str) -> None:
    _, (_, errors) = await both(document)

    assert errors == []


async def test_a_row_that_is_missing_is_an_error_at_its_own_place() -> None:
    _, (_, errors) = await both(WHOLE, lost_author=2)

    assert [path for _, path, _ in errors] == [["page", "shelves", 3, "books", 2, "author"]]


async def test_what_cannot_be_read_is_told_by_the_resolvers() -> None:
    _, (_, errors) = await both(WHOLE, is_away=True)

    assert {message for message, _, _ in errors} == {"away"}
