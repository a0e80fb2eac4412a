"""An operator at the command line, and a database in which audits have left something."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.cli.main import guarded
from artwork_indexer.config import AuditConfig
from audit.catalogue import BY_ID, Finding
from audit.queue import Claim, Finished
from audit.verdict import Verdict
from tests.audit.queue_fixtures import UNLIMITED, Entities, audit, open_audits


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, and that it went well."""
        assert (self.code, self.err) == (0, ""), self
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one line of a command that only complained."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


class Operator:
    """Somebody who types commands; ``entities`` is the same person with psql."""

    def __init__(self, entities: Entities, directory: Path) -> None:
        self.entities = entities
        self._file = directory / "config.ini"
        self.configure(entities.conninfo)

    def configure(self, conninfo: str, **audit_keys: object) -> None:
        """Write the configuration anew; the audit is enabled unless said otherwise."""
        database = "\n".join(f"{k} = {v}" for k, v in conninfo_to_dict(conninfo).items())
        keys = "\n".join(f"{k} = {v}" for k, v in {"enabled": "yes", **audit_keys}.items())
        self._file.write_text(f"[database]\n{database}\n[audit]\n{keys}\n", "utf-8")

    def type(self, *arguments: str) -> Ended:
        """Run one command, in this process."""
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            code = guarded(["--config", str(self._file), *arguments])
        return Ended(code, out.getvalue(), err.getvalue())

    def judge(self, *verdicts: Verdict, config: AuditConfig = UNLIMITED) -> list[Finished]:
        """Audit what is next, one entity for each verdict."""

        async def work() -> list[Finished]:
            async with open_audits(self.entities.conninfo, config=config) as queue:
                return [await audit(queue, verdict) for verdict in verdicts]

        return asyncio.run(work())

    def claim(self, amount: int = 1) -> list[Claim]:
        """Take entities and leave them in work."""

        async def work() -> list[Claim]:
            async with open_audits(self.entities.conninfo) as queue:
                return await queue.claim(amount)

        return asyncio.run(work())


def seen(
    kind: str,
    subject: str = "mb_metadata.xml",
    message: str | None = None,
    *,
    details: Mapping[str, object] | None = None,
    image_id: int | None = None,
    explanation: Sequence[str] = (),
) -> Finding:
    """A finding of a kind of the catalogue."""
    of = BY_ID[kind]
    told = message or f"{subject}: {of.title}"
    return Finding(of, subject, told, details or {}, image_id, tuple(explanation))
