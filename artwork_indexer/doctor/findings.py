"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``remedy`` is what to do, empty when nothing needs to be done."""

    level: Level
    subject: str
    message: str
    remedy: str = ""


def ok(subject: str, message: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, subject, message)


def warning(subject: str, message: str, remedy: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(Level.WARNING, subject, message, remedy)


def problem(subject: str, message: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Level.PROBLEM, subject, message, remedy)


def has_problem(findings: Sequence[Finding]) -> bool:
    """Whether something does not work."""
    return any(finding.level is Level.PROBLEM for finding in findings)
