"""How the text of a configuration value becomes a value.

Every parser raises :class:`ValueError` whose message completes the sentence
"… must be …".
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

Parse = Callable[[str], Any]

YES: Final = frozenset({"yes", "true", "on", "1"})
LARGEST_NUMBER: Final = 2_000_000_000
"""What fits an integer column of the database."""
LONGEST_NUMBER: Final = len(str(LARGEST_NUMBER))
NO: Final = frozenset({"no", "false", "off", "0"})


def text(value: str) -> str:
    """Any text."""
    return value


def optional_text(value: str) -> str | None:
    """Any text; empty means that it is not set."""
    return value or None


def one_word(value: str) -> str:
    """One word, for what is sent in a header: keys and names."""
    if len(value.split()) > 1 or not value.isprintable():
        raise ValueError("one word without spaces or line breaks")
    return value


def host_name(value: str) -> str:
    """A host name or an IP address, without scheme and port."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", value):
        raise ValueError("a host name or an IP address, without http:// and without a port")
    return value


def words(value: str) -> tuple[str, ...]:
    """Words separated by white space or commas."""
    return tuple(value.replace(",", " ").split())


def yes_or_no(value: str) -> bool:
    """Yes or no, in the spellings that INI files use."""
    lowered = value.lower()
    if lowered in YES:
        return True
    if lowered in NO:
        return False
    raise ValueError("yes or no")


def one_of(*choices: str) -> Parse:
    """One of a few words."""

    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value.lower()

    return parse


def whole(least: int, most: int = LARGEST_NUMBER) -> Parse:
    """A whole number within bounds, both included."""
    wanted = f"a whole number from {least} to {most}"

    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > LONGEST_NUMBER:
            raise ValueError(wanted)
        number = int(value)
        if not least <= number <= most:
            raise ValueError(wanted)
        return number

    return parse


def number(least: float, most: float) -> Parse:
    """A number within bounds, both included; fractions are welcome."""
    wanted = f"a number from {least:g} to {most:g}"

    def parse(value: str) -> float:
        try:
            parsed = float(value)
        except ValueError:
            raise ValueError(wanted) from None
        if not least <= parsed <= most:
            raise ValueError(wanted)
        return parsed

    return parse


def or_none(parse: Parse) -> Parse:
    """The same, or empty for "no limit"."""

    def parse_optional(value: str) -> Any:  # noqa: ANN401  (whatever the inner parser gives)
        return parse(value) if value else None

    return parse_optional


def url(*placeholders: str, empty: bool = False) -> Parse:
    """An http or https address that holds exactly these placeholders in braces."""

    def parse(value: str) -> str:
        if not value and empty:
            return value
        names = _placeholders(value)
        if names != set(placeholders):
            wanted = " and ".join(f"{{{name}}}" for name in placeholders) or "no braces"
            raise ValueError(f"an address with {wanted}")
        try:
            parts = urlsplit(value.format(**dict.fromkeys(placeholders, "x")))
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
            valid = valid and (parts.port is None or parts.port > 0)
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("an address that begins with http:// or https:// and names a host")
        return value if placeholders else value.rstrip("/")

    return parse


def sentry_address(value: str) -> str | None:
    """A Sentry address (https://key@host/project), or empty for none."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.username and parts.hostname)
        valid = valid and parts.path.rpartition("/")[2].isdigit()
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("an address of the form https://key@host/project-number")
    return value


def _placeholders(value: str) -> set[str | None]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
    except ValueError:
        return {None}


def ports(value: str) -> str:
    """PostgreSQL ports: one, or as many as there are hosts, with commas between."""
    for part in value.split(","):
        if part and not (part.isascii() and part.isdigit() and 0 < int(part[:9]) < 65536):
            raise ValueError("a port number from 1 to 65535")
    return value


def without_password(value: str) -> str:
    """The same text, a URL without its user and password."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", value)


def url_password(value: str) -> str | None:
    """The password in a URL."""
    found = re.search(r"://[^/@\s:]*:([^/@\s]+)@", value)
    return None if found is None else found[1]
