"""The engine (执行引擎): graphql-core's own executor, which follows a plan where there is one.

Where the plan has a completer it reads attributes and nothing else. Everything that is not ordinary is left
to graphql-core: resolvers, values that must be awaited, errors, nulls where none may be. So both engines have
the same errors, at the same places, in the same order.
"""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, Undefined
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.plans.cache import PlanCache
from api.plans.objects import drop
from api.plans.plan import Plan
from api.plans.reading import Look, objects_of


class PlannedExecutor(StrawberryGraphQLCoreExecutionContext):
    """One execution of one operation (一次执行)."""

    plans: ClassVar[PlanCache] = PlanCache(512)
    plan: Plan | None = None

    @classmethod
    def is_wanted(cls, context: Any) -> bool:
        """Whether an operation of this context may follow a plan."""
        return True

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute the operation, once more for each event of a subscription."""
        self.plan = None
        if self.is_wanted(self.context_value) and self.schema.get_root_type(self.operation.operation):
            self.plan = self.plans.plan(self)
        return super().execute_operation(serially)

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[Any],
    ) -> Any:
        """Begin with the fields that the plan knows by identity."""
        group = self.plan.root if self.plan is not None else grouped_field_set
        return super().execute_collected_root_fields(root_type, root_value, group, serially, new_defer_usages)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        """What is selected of an object."""
        if self.plan is None:
            return super().collect_subfields(return_type, field_details_list)
        return self.plan.collected(self, return_type, field_details_list)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete what a resolver gave, or an item of it."""
        if self.plan is not None and isinstance(path.key, str):
            look = self.plan.look(self, return_type, field_details_list)
            if look and not look.is_done(result):
                arguments = return_type, field_details_list, info, path, result, position_context
                return self._after_reading(look, *arguments)
        return self._completed(return_type, field_details_list, info, path, result, position_context)

    def _completed(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if self.plan is not None:
            completer = self.plan.completer(self, return_type, field_details_list)
            if completer is not None:
                try:
                    return completer.complete(result)
                # whatever it is, graphql-core meets it again below and says what is to be said
                except Exception:
                    pass
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    async def _after_reading(self, look: Look, *arguments: Any) -> Any:
        """Complete what a resolver gave when everything below it has been read."""
        result = arguments[4]
        # what cannot be read now is read once more by its resolver, which says what is to be said
        with suppress(Exception):
            await look.read(objects_of(result), self.context_value)
        completed = self._completed(*arguments)
        return await completed if self.is_awaitable(completed) else completed

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """Execute the fields of an object: attributes at once, the rest side by side."""
        if self.plan is None:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for name, attribute, completer, details in self.plan.steps(self, parent_type, grouped_field_set):
                if completer is not None:
                    said = None
                    try:
                        said = getattr(source_value, attribute)
                        results[name] = completer.complete(said)
                        continue
                    except Exception:
                        drop(source_value, said)
                place = Path(path, name, parent_type.name)
                result = self.execute_field(parent_type, source_value, details, place, position_context)
                if result is not Undefined:
                    results[name] = result
                    if self.is_awaitable(result):
                        waiting.append(name)
        except Exception:
            if waiting:
                self.settle_in_background([results[name] for name in waiting])
            raise
        return gathered(results, waiting) if waiting else results


async def gathered(results: dict[str, Awaitable[Any] | Any], waiting: list[str]) -> dict[str, Any]:
    """The results, those that were waited for among them."""
    if len(waiting) == 1:
        results[waiting[0]] = await results[waiting[0]]
    else:
        found = await gather_with_cancel(*(results[name] for name in waiting))
        results.update(zip(waiting, found, strict=True))
    return results
