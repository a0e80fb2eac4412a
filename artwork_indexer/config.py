"""The configuration: an INI file and the environment become frozen dataclasses.

A key comes from the environment (``ARTWORK_INDEXER_<SECTION>_<KEY>``, or
``ARTWORK_INDEXER_<SECTION>_<KEY>_FILE`` for a file that holds the value), else from the INI
file, else from the defaults in :mod:`artwork_indexer.config_sections`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as IniError
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import pq

from artwork_indexer.config_sections import (
    ArchiveConfig,
    AuditConfig,
    DashboardConfig,
    DatabaseConfig,
    IndexerConfig,
    Key,
    LoggingConfig,
    MetricsConfig,
    MusicBrainzConfig,
    S3Config,
    SentryConfig,
)
from artwork_indexer.config_values import ports, url_password, without_password
from artwork_indexer.errors import ConfigurationError

__all__ = [
    "ArchiveConfig",
    "AuditConfig",
    "Config",
    "DashboardConfig",
    "DatabaseConfig",
    "IndexerConfig",
    "LoggingConfig",
    "MetricsConfig",
    "MusicBrainzConfig",
    "S3Config",
    "SentryConfig",
    "differences",
    "load",
]

ENVIRONMENT_PREFIX: Final = "ARTWORK_INDEXER_"
OTHER_VARIABLES: Final = frozenset({"ARTWORK_INDEXER_TRACEBACK"})
"""Variables with our prefix that are no configuration keys."""
DEFAULT_FILES: Final = ("config.ini", "config.default.ini")
LIBPQ_SECTIONS: Final = ("database", "database_readonly")
OLD_SECTIONS: Final = frozenset({"musicbrainz", "database", "s3", "sentry"})
"""Sections of the first-generation daemon: what it tolerated there stays a warning."""

SECTIONS: Final[Mapping[str, type]] = {
    "musicbrainz": MusicBrainzConfig,
    "s3": S3Config,
    "archive": ArchiveConfig,
    "indexer": IndexerConfig,
    "audit": AuditConfig,
    "metrics": MetricsConfig,
    "logging": LoggingConfig,
    "sentry": SentryConfig,
    "dashboard": DashboardConfig,
}
LIBPQ_SECRETS: Final = frozenset({"password", "sslpassword"})


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured; ``path`` is the file really read."""

    path: Path
    musicbrainz: MusicBrainzConfig
    database: DatabaseConfig
    database_readonly: DatabaseConfig | None
    s3: S3Config
    archive: ArchiveConfig
    indexer: IndexerConfig
    audit: AuditConfig
    metrics: MetricsConfig
    logging: LoggingConfig
    sentry: SentryConfig
    dashboard: DashboardConfig
    warnings: tuple[str, ...] = ()

    def secrets(self) -> frozenset[str]:
        """Every configured secret, for scrubbing."""
        found: set[str] = set()
        for _, _, value, secret in _entries(self):
            if value and secret:
                found.add(str(value))
            elif isinstance(value, str) and (password := url_password(value)):
                found.add(password)
        return frozenset(found)


@dataclass(slots=True)
class _Source:
    """Where the texts of the values come from, and what is odd about them."""

    path: Path
    ini: ConfigParser
    environment: dict[str, dict[str, tuple[str, str]]]
    """By section and key: the variable's name and the value."""
    warnings: list[str]

    def texts(self, section: str) -> dict[str, str]:
        """The texts of one section, the environment over the file."""
        in_file = dict(self.ini[section]) if self.ini.has_section(section) else {}
        return {name: value.strip() for name, value in in_file.items()} | {
            name: value for name, (_, value) in self.environment.get(section, {}).items()
        }

    def origin(self, section: str, name: str) -> str:
        """Where the text of a key comes from, as a person would look for it."""
        overriding = self.environment.get(section, {}).get(name)
        if overriding is None:
            return f"{name} in section [{section}] of {self.path}"
        return f"{name} in section [{section}] (environment variable {overriding[0]})"


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    Args:
        path: the INI file; None looks for ``config.ini``, then ``config.default.ini``, here
            and at last among the program's own files.
        environ: the environment.

    Raises:
        ConfigurationError: names section, key, file and remedy.
    """
    found = _find(path)
    source = _Source(found, _read(found), {}, [])
    source.environment = _from_environment(environ, source.warnings)
    _check_sections(source)
    sections: dict[str, Any] = {name: _section(source, name) for name in SECTIONS}
    readonly = source.texts("database_readonly")
    return Config(
        path=found,
        database=_database(source, "database"),
        database_readonly=_database(source, "database_readonly") if readonly else None,
        warnings=tuple(source.warnings),
        **sections,
    )


def packaged_default() -> Path:
    """The ``config.default.ini`` of the program: in the checkout, or carried by the wheel."""
    carried = Path(__file__).parent / "_data" / "config.default.ini"
    return carried if carried.is_file() else Path(__file__).parents[1] / "config.default.ini"


def _find(path: Path | None) -> Path:
    if path is not None:
        return path
    here = [Path(name) for name in DEFAULT_FILES]
    return next((file for file in here if file.is_file()), packaged_default())


def _read(path: Path) -> ConfigParser:
    # No interpolation: a % in a password is a %.
    ini = ConfigParser(interpolation=None, default_section="\0none")
    try:
        ini.read_string(path.read_text("utf-8-sig"), str(path))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no configuration file {path}. Name another with --config, "
            "or start from a copy of config.default.ini."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text: {error}.") from error
    except IniError as error:
        # The library's message may quote the line, and the line may hold a password.
        line = getattr(error, "lineno", None) or next(
            (number for number, _ in getattr(error, "errors", ())), None
        )
        place = f", line {line}" if line else ""
        raise ConfigurationError(
            f"{path}{place} is not a valid INI file ({type(error).__name__}): "
            "it has [sections] with lines of the form key = value, each once."
        ) from None
    return ini


def _from_environment(
    environ: Mapping[str, str], warnings: list[str]
) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for variable, value in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in OTHER_VARIABLES:
            continue
        place = _place(variable)
        if place is None:
            warnings.append(f"The environment variable {variable} names no section; it is ignored.")
            continue
        section, name, is_file = place
        keys = found.setdefault(section, {})
        if name in keys:
            raise ConfigurationError(
                f"{variable} and {keys[name][0]} set the same key; remove one of them."
            )
        keys[name] = (variable, _secret_file(variable, value) if is_file else value)
    return found


def _place(variable: str) -> tuple[str, str, bool] | None:
    """Section, key, and whether the value is the name of a file."""
    rest = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
    candidates = [s for s in (*SECTIONS, *LIBPQ_SECTIONS) if rest.startswith(f"{s}_")]
    if not candidates:
        return None
    section = max(candidates, key=len)
    name = rest.removeprefix(f"{section}_")
    is_file = name.endswith("_file") and name not in _known_keys(section)
    return section, name.removesuffix("_file") if is_file else name, is_file


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file {path}, which {name} names, cannot be read: {error}."
        ) from error


def _known_keys(section: str) -> dict[str, Key]:
    if section in LIBPQ_SECTIONS:
        names = (option.keyword.decode() for option in pq.Conninfo.get_defaults())
        return {name: Key(str, "", "", secret=name in LIBPQ_SECRETS) for name in names}
    return {field.name: field.metadata["key"] for field in fields(SECTIONS[section])}


def _check_sections(source: _Source) -> None:
    known = [*SECTIONS, *LIBPQ_SECTIONS]
    for section in source.ini.sections():
        if section not in known:
            raise ConfigurationError(
                f"Unknown section [{section}] in {source.path}{_suggestion(section, known)}."
            )
    for section in known:
        _check_keys(source, section)


def _check_keys(source: _Source, section: str) -> None:
    keys = _known_keys(section)
    for name in source.texts(section):
        if name in keys:
            continue
        problem = f"Unknown key {source.origin(section, name)}{_suggestion(name, keys)}"
        if section in OLD_SECTIONS:
            source.warnings.append(f"{problem}; it is ignored.")
        else:
            raise ConfigurationError(f"{problem}; correct or remove it.")


def _suggestion(name: str, known: Mapping[str, Any] | list[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _section(source: _Source, section: str) -> Any:  # noqa: ANN401  (one of SECTIONS)
    texts = source.texts(section)
    values = {}
    for name, key in _known_keys(section).items():
        value = texts.get(name, key.default)
        try:
            values[name] = key.parse(value)
        except ValueError as error:
            shown = "its value" if key.secret else f"{value!r}"
            raise ConfigurationError(
                f"{source.origin(section, name)} must be {error}, not {shown}."
            ) from None
    return SECTIONS[section](**values)


def _database(source: _Source, section: str) -> DatabaseConfig:
    keys = _known_keys(section)
    given = source.texts(section)
    database = DatabaseConfig({k: v for k, v in given.items() if k in keys and v})
    if "port" in database.parameters:
        try:
            ports(database.parameters["port"])
        except ValueError as error:
            raise ConfigurationError(
                f"{source.origin(section, 'port')} must be {error}, "
                f"not {database.parameters['port']!r}."
            ) from None
    try:
        database.conninfo()
    except psycopg.Error as error:
        raise ConfigurationError(
            f"Section [{section}] of {source.path} is not a database connection: {error}."
        ) from None
    return database


def _entries(config: Config) -> Iterator[tuple[str, str, object, bool]]:
    """Every configured value as (section, key, value, is it secret)."""
    for section in SECTIONS:
        values = getattr(config, section)
        for name, key in _known_keys(section).items():
            yield section, name, getattr(values, name), key.secret
    for section in LIBPQ_SECTIONS:
        database: DatabaseConfig | None = getattr(config, section)
        for name, value in (database.parameters if database else {}).items():
            yield section, name, value, name in LIBPQ_SECRETS


def differences(old: Config, new: Config) -> list[str]:
    """What changed, one short sentence each; secrets are named but not shown."""
    before = {(section, name): value for section, name, value, _ in _entries(old)}
    after = {(section, name): value for section, name, value, _ in _entries(new)}
    secret = {(s, n) for config in (old, new) for s, n, _, hidden in _entries(config) if hidden}
    sentences = []
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place), after.get(place)
        if was == now:
            continue
        section, name = place
        change = "changed" if place in secret else f"{_shown(was)} -> {_shown(now)}"
        sentences.append(f"[{section}] {name}: {change}")
    return sentences


def _shown(value: object) -> str:
    if value is None or value in {"", ()}:
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, tuple) else without_password(str(value))
