"""``artwork-indexer audit``: the audit as operators see it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from artwork_indexer.cli.common import config_option
from artwork_indexer.cli.lazy import lazy

MEMBERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "status": ("audit_status:status", "How far the audit is, and what holds it."),
        "findings": ("audit_findings:findings", "What is wrong now."),
        "history": ("audit_history:history", "What audits of one entity saw."),
        "recheck": ("audit_control:recheck", "Audit entities ahead of their turn."),
        "pause": ("audit_control:pause", "Stop all audits, in every process."),
        "resume": ("audit_control:resume", "End a pause and release the brake."),
        "export": ("audit_export:export", "Write findings to a file for others."),
        "seed": ("seed:seed", "Put entities under audit."),
        "plan": ("audit_plan:plan", "The coming days against the budgets."),
    }
)


@click.group(cls=lazy(MEMBERS))
@config_option
def audit() -> None:
    """What the audit found and does; its budgets, pause and brake."""
