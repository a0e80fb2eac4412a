"""The sections of the configuration: every key with its default and what it means.

``config.default.ini`` and ``docs/configuration.md`` are generated from this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from psycopg.conninfo import make_conninfo

from artwork_indexer.config_values import (
    Parse,
    host_name,
    number,
    one_of,
    one_word,
    optional_text,
    or_none,
    sentry_address,
    text,
    url,
    whole,
    words,
    yes_or_no,
)
from artwork_indexer.projects import Project

HOURS: Final = number(0, 24 * 366)
SECONDS: Final = number(0, 86400)
BUDGET: Final = or_none(whole(0))
RATE: Final = or_none(number(0.001, 10000))


@dataclass(frozen=True, slots=True)
class Key:
    """One configuration key: how to read it, its default as text, and its explanation."""

    parse: Parse
    default: str
    explanation: str
    secret: bool = False


def key(parse: Parse, default: str, explanation: str, *, secret: bool = False) -> Any:  # noqa: ANN401
    """A dataclass field that is read from the configuration."""
    return field(repr=not secret, metadata={"key": Key(parse, default, explanation, secret)})


@dataclass(frozen=True, slots=True)
class MusicBrainzConfig:
    """The MusicBrainz web service."""

    url: str = key(
        url(empty=True),
        "https://musicbrainz.org",
        "Address of the web service. Empty: none (a database-only mirror); no index is written.",
    )
    database: str | None = key(
        optional_text,
        "",
        "Name of another database, for test servers; sent as the header mb-set-database.",
    )
    requests_per_second: float | None = key(
        RATE, "1", "Limit for the web service; the public one allows 1. Empty: no limit."
    )


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """Connection parameters of PostgreSQL, by their libpq names; nothing unset is passed on."""

    parameters: Mapping[str, str] = field(repr=False)

    def conninfo(self) -> str:
        """Connection string for psycopg."""
        return make_conninfo(**self.parameters)

    def __str__(self) -> str:
        return make_conninfo(**{k: v for k, v in self.parameters.items() if "password" not in k})


@dataclass(frozen=True, slots=True)
class S3Config:
    """Writes to the Internet Archive."""

    url: str = key(
        url("bucket", "file"),
        "https://{bucket}.s3.us.archive.org/{file}",
        "Where files are written; {bucket} is the item.",
    )
    caa_access: str = key(
        one_word, "", "Access key of the Cover Art Archive's account.", secret=True
    )
    caa_secret: str = key(one_word, "", "Secret key of that account.", secret=True)
    eaa_access: str = key(
        one_word, "", "Access key of the Event Art Archive's account.", secret=True
    )
    eaa_secret: str = key(one_word, "", "Secret key of that account.", secret=True)
    requests_per_second: float | None = key(RATE, "5", "Limit for writes. Empty: no limit.")

    def authorization(self, project: Project) -> str | None:
        """Value of the authorization header, or None when the key pair is not complete."""
        access = {"caa": self.caa_access, "eaa": self.eaa_access}[project.abbreviation]
        secret = {"caa": self.caa_secret, "eaa": self.eaa_secret}[project.abbreviation]
        return f"LOW {access}:{secret}" if access and secret else None


@dataclass(frozen=True, slots=True)
class ArchiveConfig:
    """Reads from the Internet Archive, and how patient to be with it."""

    metadata_url: str = key(
        url("item"), "https://archive.org/metadata/{item}", "Where the record of an item is read."
    )
    download_url: str = key(
        url("item", "file"),
        "https://archive.org/download/{item}/{file}",
        "Where a file is downloaded.",
    )
    details_url: str = key(
        url("item"),
        "https://archive.org/details/{item}",
        "The page for people; a second sign that an item does not exist.",
    )
    search_url: str = key(url(), "https://archive.org/services/search/v1/scrape", "The scrape API.")
    changes_url: str = key(url(), "https://be-api.us.archive.org/changes/v1", "The Changes API.")
    tasks_url: str = key(url(), "https://archive.org/services/tasks.php", "The Tasks API.")
    requests_per_second: float | None = key(RATE, "1", "Limit for reads. Empty: no limit.")
    concurrency: int = key(whole(1, 1000), "2", "Reads at the same time, at most.")
    pause_seconds: float = key(
        number(1, 86400),
        "60",
        "Pause after 429, 503 or an outage when the Internet Archive does not name one. "
        "It doubles up to 15 minutes while the trouble goes on.",
    )
    contact: str = key(
        text, "", "E-mail address or page for the staff of the Internet Archive, in the User-Agent."
    )
    uploaders: tuple[str, ...] = key(
        words,
        "",
        "Accounts that may own our items, besides the official ones of each archive.",
    )


@dataclass(frozen=True, slots=True)
class IndexerConfig:
    """The event queue and the loop."""

    concurrency: int = key(whole(1, 1000), "4", "Events in work at the same time.")
    max_attempts: int = key(whole(1, 100), "5", "Tries before an event fails.")
    event_timeout_seconds: float = key(
        number(1, 86400), "150", "Longest time for one try of one event."
    )
    listen: Literal["auto", "yes", "no"] = key(
        one_of("auto", "yes", "no"),
        "auto",
        "Be woken by the database. no: poll only, keep no session state (pgbouncer in "
        "transaction mode). auto: find out.",
    )
    verify_copies: bool = key(
        yes_or_no,
        "yes",
        "Delete an image after a merge only when its copy is listed with the same md5 and size.",
    )
    copy_wait_hours: float = key(
        HOURS, "72", "How long such a delete waits for its copy before it fails."
    )
    index_delay_seconds: float = key(
        SECONDS, "10", "Wait for more edits of an entity before its index is written. 0: none."
    )


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """The audit. Empty budgets mean no limit, 0 means none."""

    enabled: bool = key(yes_or_no, "no", "Audit when no event waits.")
    mode: Literal["report", "repair"] = key(
        one_of("report", "repair"), "report", "report: record findings. repair: queue repairs too."
    )
    concurrency: int = key(whole(1, 1000), "2", "Audits at the same time.")
    entities_per_hour: int | None = key(BUDGET, "2000", "Entities audited in an hour.")
    entities_per_day: int | None = key(BUDGET, "40000", "Entities audited in a day.")
    repairs_per_hour: int | None = key(BUDGET, "200", "Repair events in an hour.")
    repairs_per_day: int | None = key(BUDGET, "2000", "Repair events in a day.")
    format_repairs_per_day: int | None = key(
        BUDGET, "0", "Repairs a day of entities that merely carry an older format."
    )
    max_outstanding_repairs: int | None = key(
        BUDGET, "100", "Repair events queued or running at one time."
    )
    settle_hours: float = key(
        HOURS, "24", "How long an item is left alone after a change, and a repair before its check."
    )
    upload_window_hours: float = key(
        HOURS, "24", "Unlisted images younger than this are left alone."
    )
    delete_confirm_hours: float = key(
        HOURS, "24", "Time between the two audits that must agree before a delete."
    )
    reaudit_days: float = key(number(0, 3660), "90", "A clean entity is audited again after this.")
    max_repair_rounds: int = key(
        whole(1, 100), "3", "Repairs of the same finding before a person is asked."
    )
    lease_seconds: float = key(number(5, 86400), "300", "Longest time for one audit.")
    xml_fields: tuple[str, ...] = key(
        words, "", "Fields of the metadata XML that are compared. Empty: all."
    )
    repair_item_metadata: bool = key(
        yes_or_no, "yes", "Mend collection and noindex through the Metadata Write API."
    )
    deletions: bool = key(yes_or_no, "no", "Allow repairs that delete.")
    derive: bool = key(yes_or_no, "no", "Ask for missing thumbnails to be made again.")
    brake_window: int = key(
        whole(1), "200", "Stop when so many audits in a row saw not one healthy entity."
    )
    deletes_per_day: int | None = key(
        BUDGET, "20", "Stop before more deletions than this in a day."
    )
    probation_repairs: int = key(
        whole(0), "20", "First repairs of each kind that must hold before more follow."
    )


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """The page for Prometheus and the health checks."""

    host: str = key(host_name, "127.0.0.1", "Address to listen on.")
    port: int | None = key(
        or_none(whole(1, 65535)), "9464", "Port of /metrics and /health. Empty: no page."
    )


@dataclass(frozen=True, slots=True)
class LoggingConfig:
    """Log lines on standard error."""

    level: str = key(
        one_of("debug", "info", "warning", "error"), "info", "debug, info, warning or error."
    )
    format: Literal["text", "json"] = key(one_of("text", "json"), "text", "text or json.")


@dataclass(frozen=True, slots=True)
class SentryConfig:
    """Reports of final failures."""

    dsn: str | None = key(
        sentry_address, "", "Address of the Sentry project. Empty: none.", secret=True
    )


@dataclass(frozen=True, slots=True)
class DashboardConfig:
    """The Streamlit dashboard."""

    host: str = key(
        host_name, "127.0.0.1", "Address to listen on; put a proxy with a login before it."
    )
    port: int = key(whole(1, 65535), "8501", "Port.")
