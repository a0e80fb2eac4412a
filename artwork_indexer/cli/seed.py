"""``artwork-indexer audit seed``: put entities under audit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from artwork_indexer.cli.common import config_option
from artwork_indexer.cli.lazy import lazy

MEMBERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "musicbrainz": ("seed_musicbrainz:musicbrainz", "Every release and event."),
        "redirects": ("seed_redirects:redirects", "MBIDs that were merged into others."),
        "img-129": ("seed_img129:img_129", "The result files of the audit of 2021."),
        "archive": ("seed_archive:archive", "Items that the Internet Archive knows."),
    }
)


@click.group(cls=lazy(MEMBERS))
@config_option
def seed() -> None:
    """Put entities under audit. Safe to repeat; goes on where it was stopped."""
