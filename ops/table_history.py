"""The tables at each point of their history (表结构历史), remembered lightly.

Tortoise makes every table's class anew before each of some two hundred operations, with all that queries
need: half a minute for a new database. Our migrations change tables and run SQL; none asks for rows.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, cast

from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.migration import Migration
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model


async def tables_after(history: Iterable[Migration | None]) -> State:
    """What the tables are after these migrations (迁移后的表结构), without a look at any database."""
    state = LightState(models={}, apps=LightApps(default_connections={"models": "default"}))
    for migration in history:
        if migration is not None:
            await migration.apply(state, dry_run=True)
    return state


class LightApps(StateApps):
    """The tables' classes without what only queries need (表结构): no way back along a key, no builders."""

    def register_model(self, app_label: str, model: type[Model]) -> None:
        for name in (*model._meta.fk_fields, *model._meta.o2o_fields):
            cast(ForeignKeyFieldInstance[Any], model._meta.fields_map[name]).related_name = False
        super().register_model(app_label, model)

    def _build_initial_querysets(self) -> None:
        pass


class LightState(State):
    """The tables at one point of the history (某一时点的表结构)."""

    def _find_related_models(self, app_label: str, model_name: str) -> set[tuple[str, str]]:
        # with no way back along its keys a table's class can be made anew alone
        return {(app_label, model_name)}

    def clone(self) -> State:
        """What an operation may look back at."""
        return Before(self)


class Before(LightState):
    """The tables before an operation (变更前): their classes are made when an operation asks for one."""

    def __init__(self, state: State) -> None:
        self.models = {key: copied(model) for key, model in state.models.items()}
        self._after = state

    @cached_property
    def apps(self) -> Any:  # type: ignore[override]  # made late, and never assigned
        """The classes."""
        return self._after.apps.clone(model_states={key: one.clone() for key, one in self.models.items()})


def copied(model: ModelState) -> ModelState:
    """A table's description that later operations leave alone; they replace fields and never change one."""
    return replace(model, options=dict(model.options), fields=dict(model.fields))
