"""Writes ``docs/audit-reference.md`` from the catalogue's own words.

``python -m audit.catalogue_reference`` writes it; ``--check`` exits with 1 when it is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from audit.catalogue import CATALOGUE, OUTCOMES, WAITS
from audit.earlier_checks import CHECKS, Check
from audit.findings import Kind, Outcome, Repair, Severity

EVERYTHING: Final[tuple[Kind | Outcome, ...]] = (*CATALOGUE, *OUTCOMES)
PATH: Final = Path(__file__).parents[1] / "docs" / "audit-reference.md"

INTRODUCTION: Final = """\
# What an audit can find

Generated from `audit/catalogue.py`; `make generate` writes it anew.

Each finding has a kind. The ids below are in the database, in exports and in metrics, and never
change. *Row* is the row of the decision table (merged, deleted and darkened entities have rows
of their own). *2021* names the checks of the one-off audit of April 2021 that see the same.

| severity | meaning |
|---|---|
| `data` | something may be lost |
| `content` | wrong for users |
| `leftover` | should be gone |
| `format` | the same meaning in an older form; repaired only within `format_repairs_per_day` |

| repair | what happens |
|---|---|
| `index` | an event writes index.json and mb_metadata.xml anew |
| `update_metadata` | an event corrects the metadata of the item (`repair_item_metadata`) |
| `derive` | an event asks for the thumbnails (`derive`); otherwise recorded only |
| `copy_image` | an event copies the image to where it belongs, then an `index` there |
| `delete_image` | an event deletes it, after a second look, with `deletions=yes`; else review |
| `deindex` | an event removes index.json |
| `review` | a person is asked, and nothing at all is enqueued for the entity |
| `none` | recorded and exported only |
"""


def reference() -> str:
    """Text of ``docs/audit-reference.md``."""
    parts = [INTRODUCTION]
    for severity in Severity:
        kinds = [kind for kind in CATALOGUE if kind.severity is severity]
        parts.append(f"\n## Findings: {severity}\n")
        parts.extend(_kind(kind) for kind in kinds)
    parts.append("\n## Outcomes that are no finding\n\n| id | row | meaning |\n|---|---|---|\n")
    parts.extend(
        f"| `{outcome.id}` | {_list(outcome.rows)} | {outcome.meaning} |\n" for outcome in OUTCOMES
    )
    parts.append("\n## Further reasons to wait\n\n")
    parts.append("Beside the outcomes above, `deferral_reason` of an entity may be:\n\n")
    parts.append("| reason | meaning |\n|---|---|\n")
    parts.extend(f"| `{wait.id}` | {wait.meaning} |\n" for wait in WAITS)
    parts.append("\n## The checks of 2021\n\n| # | check | classes | here |\n|---|---|---|---|\n")
    parts.extend(_check(check) for check in CHECKS)
    return "".join(parts)


def covering(check: Check) -> tuple[Kind | Outcome, ...]:
    """What sees the same as a check of 2021."""
    return tuple(entry for entry in EVERYTHING if check.name in entry.checks)


def _kind(kind: Kind) -> str:
    facts = [f"repair `{kind.repair}`" if kind.repair is not Repair.NONE else "recorded only"]
    if kind.rows:
        facts.append(f"row {_list(kind.rows)}")
    if kind.checks:
        facts.append(f"2021: {', '.join(f'`{check}`' for check in kind.checks)}")
    return f"\n**`{kind.id}`** – {kind.title}. {kind.meaning}\n{kind.why}  \n{'; '.join(facts)}\n"


def _check(check: Check) -> str:
    ours = ", ".join(f"`{entry.id}`" for entry in covering(check))
    return f"| {check.number} | `{check.name}` | {_list(check.classes)} | {ours} |\n"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def main(arguments: list[str]) -> int:
    """Write the file, or only look whether it is current."""
    text = reference()
    if PATH.is_file() and PATH.read_text("utf-8") == text:
        return 0
    if "--check" in arguments:
        sys.stderr.write("docs/audit-reference.md is stale; run make generate\n")
        return 1
    PATH.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
