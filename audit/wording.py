"""How values from outside are put into sentences, and when they are worth none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from audit.findings import LONGEST_QUOTE, quote


def image(number: int) -> str:
    """The subject of a finding about one image."""
    return f"image {number}"


def listing(names: Iterable[object]) -> str:
    """Some names in a row; many are cut short."""
    shown = [str(name) for name in names]
    more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
    return ", ".join(shown[:10]) + more


def differ(value: object, wanted: object) -> tuple[str, str]:
    """Two different values, quoted; of long texts the part where they begin to differ."""
    if isinstance(value, str) and isinstance(wanted, str):
        longest = max(len(value), len(wanted))
        if longest > LONGEST_QUOTE:
            start = max(_first_difference(value, wanted) - 20, 0)
            dots = "…" if start else ""
            return quote(dots + value[start:]), quote(dots + wanted[start:])
    return quote(value), quote(wanted)


def is_http_form(url: object, wanted: object) -> bool:
    """Whether a URL is the wanted one but for http instead of https."""
    return isinstance(wanted, str) and url == wanted.replace("https:", "http:", 1)


def moment(epoch: float) -> str:
    """A point in time, for people."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
