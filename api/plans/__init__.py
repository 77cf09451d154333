"""Execution plans (执行计划): worked out once for an operation, then walked as plain Python."""

from api.plans.cache import PlanCache
from api.plans.executor import PlannedExecutor

__all__ = ["PlanCache", "PlannedExecutor"]
