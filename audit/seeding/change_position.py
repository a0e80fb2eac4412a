"""How far the changes at the Internet Archive were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from artwork_indexer.archive.changes import EVERYTHING, Batch

OVERLAP: Final = timedelta(days=1)
"""How much earlier than what is known to be read a date begins that stands in for a token."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where to go on: in the changes as they come, and in a pass since a day.

    ``token`` asks for the changes that come next; all until ``seen`` are read. ``since`` is the
    day of a pass that is not finished, "0" for everything, and ``since_token`` asks for what
    comes next in it. ``later`` are MBIDs of changes whose rows somebody else had.
    """

    token: str | None = None
    seen: datetime | None = None
    later: tuple[str, ...] = ()
    since: str | None = None
    since_token: str | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """As it was kept."""
        seen = kept.get("seen")
        return cls(
            kept.get("token"),
            None if seen is None else datetime.fromisoformat(seen),
            tuple(kept.get("later", ())),
            kept.get("since"),
            kept.get("since_token"),
        )

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {
            "token": self.token,
            "seen": None if self.seen is None else self.seen.isoformat(),
            "later": list(self.later),
            "since": self.since,
            "since_token": self.since_token,
        }

    @property
    def has_begun(self) -> bool:
        """Whether anything was read, or is to be read from a day on."""
        return self.token is not None or self.since is not None

    def beginning(self, since: str) -> Self:
        """The same at the start of a pass."""
        return replace(self, since=since, since_token=None)

    def question(self, *, in_pass: bool) -> dict[str, str]:
        """What the Changes API is asked next."""
        if not in_pass:
            return {} if self.token is None else {"token": self.token}
        if self.since_token is not None:
            return {"token": self.since_token}
        return self.question_without_token(in_pass=True)

    def question_without_token(self, *, in_pass: bool) -> dict[str, str]:
        """The same when the token is of no use; some changes come twice then."""
        day = self.since
        if not in_pass:
            assert self.seen is not None
            day = f"{self.seen - OVERLAP:%Y%m%d}"
        assert day is not None
        return {"start_date": day}

    def names_everything(self, *, in_pass: bool) -> bool:
        """Whether items are named because they exist, and not because they changed."""
        return in_pass and self.since == EVERYTHING

    def after(
        self, batch: Batch, asked_at: datetime, later: tuple[str, ...], *, in_pass: bool
    ) -> Self:
        """The position behind a batch that was asked for at a moment."""
        if in_pass:
            since, token = (None, None) if batch.at_head else (self.since, batch.token)
            return replace(self, later=later, since=since, since_token=token)
        # Short of the head nobody knows until when the changes are read. The very first request
        # asks for those from now on.
        seen = asked_at if batch.at_head or self.seen is None else self.seen
        return replace(self, token=batch.token, seen=seen, later=later)


def from_day(since: str) -> str:
    """What a pass reads, in words."""
    return "every item there is" if since == EVERYTHING else f"the changes since {since}"
