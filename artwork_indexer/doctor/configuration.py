"""Checks that need nothing but the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from artwork_indexer.config import Config
from artwork_indexer.doctor.findings import Finding, ok, problem, warning
from artwork_indexer.projects import PROJECTS


def check_configuration(config: Config) -> Iterator[Finding]:
    """Oddities, missing keys, and settings that have consequences."""
    yield ok("configuration", f"{config.path} is valid")
    for text in config.warnings:
        yield warning("configuration", text, "Correct or remove it.")
    for project in PROJECTS:
        prefix = project.abbreviation
        if config.s3.authorization(project):
            yield ok("keys", f"there are keys for the {project.name}")
        else:
            yield problem(
                "keys",
                f"there are no keys for the {project.name}, so its events wait",
                f"Set {prefix}_access and {prefix}_secret in section [s3].",
            )
    if not config.musicbrainz.url:
        yield warning(
            "configuration",
            "without a MusicBrainz web service no index event is taken",
            "Set url in section [musicbrainz], if there is one.",
        )
    if not config.archive.contact:
        yield warning(
            "configuration",
            "the User-Agent names nobody whom the Internet Archive could write to",
            "Set contact in section [archive].",
        )
    if not config.indexer.verify_copies:
        yield warning(
            "configuration",
            "images are deleted without proof of their copies",
            "Set verify_copies=yes in section [indexer].",
        )
