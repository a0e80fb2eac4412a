"""The configuration: where values come from, what is refused, and what is never shown."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.config import SECTIONS, Config, differences, load, packaged_default
from artwork_indexer.config_reference import default_ini, keys_of, main, reference
from artwork_indexer.config_sections import DatabaseConfig
from artwork_indexer.errors import ConfigurationError
from artwork_indexer.projects import CAA, EAA

OLD_FILE = """\
[musicbrainz]
url = http://musicbrainz.test
database = TEST_ARTWORK_INDEXER

[database]
host = localhost
port = 5432
user = musicbrainz
dbname = musicbrainz_db

[s3]
url = http://{bucket}.s3.example.com/{file}
caa_access = caa_user
caa_secret = caa_pass
eaa_access = eaa_user
eaa_secret = eaa_pass

[sentry]
dsn =
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.ini"


def loaded(file: Path, text: str, **environ: str) -> Config:
    file.write_text(text, "utf-8")
    return load(file, environ)


def refused(file: Path, text: str, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(file, text, **environ)
    return str(caught.value)


# Where values come from


def test_a_file_of_the_older_daemon_works_unchanged(file: Path) -> None:
    config = loaded(file, OLD_FILE)
    assert config.warnings == ()
    assert config.path == file
    assert config.musicbrainz.url == "http://musicbrainz.test"
    assert config.musicbrainz.database == "TEST_ARTWORK_INDEXER"
    assert conninfo_to_dict(config.database.conninfo()) == {
        "host": "localhost",
        "port": "5432",
        "user": "musicbrainz",
        "dbname": "musicbrainz_db",
    }
    assert config.s3.authorization(CAA) == "LOW caa_user:caa_pass"
    assert config.s3.authorization(EAA) == "LOW eaa_user:eaa_pass"
    assert config.sentry.dsn is None
    assert config.indexer.max_attempts == 5
    assert config.database_readonly is None


def test_an_empty_file_means_the_defaults(file: Path) -> None:
    config = loaded(file, "")
    assert config.database.parameters == {}
    assert config.database.conninfo() == ""
    assert config.s3.authorization(CAA) is None
    assert config.audit.mode == "report"
    assert not config.audit.deletions
    assert config.archive.uploaders == ()


def test_the_packaged_file_says_what_the_program_does_without_it(file: Path) -> None:
    packaged, empty = load(packaged_default(), {}), loaded(file, "")
    assert [line for line in differences(empty, packaged) if "[database]" not in line] == []


def test_empty_means_no_limit_and_zero_means_none(file: Path) -> None:
    config = loaded(
        file,
        "[musicbrainz]\nurl =\nrequests_per_second =\n"
        "[audit]\nentities_per_hour =\nrepairs_per_day = 0\nsettle_hours = 0.5",
    )
    assert config.musicbrainz.url == ""
    assert config.musicbrainz.requests_per_second is None
    assert config.audit.entities_per_hour is None
    assert config.audit.repairs_per_day == 0
    assert config.audit.settle_hours == 0.5


def test_the_file_is_looked_for_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}).path == packaged_default()
    Path("config.default.ini").touch()
    assert load(None, {}).path == Path("config.default.ini")
    Path("config.ini").touch()
    assert load(None, {}).path == Path("config.ini")


def test_the_environment_overrides_the_file(file: Path) -> None:
    config = loaded(
        file,
        OLD_FILE,
        ARTWORK_INDEXER_S3_CAA_SECRET="other",
        ARTWORK_INDEXER_DATABASE_PASSWORD="$HOME%s",
        ARTWORK_INDEXER_DATABASE_READONLY_HOST="replica",
        ARTWORK_INDEXER_TRACEBACK="1",
        HOME="/root",
    )
    assert config.s3.caa_secret == "other"
    assert config.database.parameters["password"] == "$HOME%s"
    assert config.database_readonly == DatabaseConfig({"host": "replica"})
    assert config.warnings == ()


def test_a_secret_may_stand_in_a_file_of_its_own(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pass word\n\n")
    config = loaded(file, "", ARTWORK_INDEXER_DATABASE_PASSWORD_FILE=str(secret))
    assert config.database.parameters["password"] == "pass word\n"
    secret.unlink()
    message = refused(file, "", ARTWORK_INDEXER_DATABASE_PASSWORD_FILE=str(secret))
    assert str(secret) in message
    assert "ARTWORK_INDEXER_DATABASE_PASSWORD_FILE" in message


def test_a_key_is_set_by_one_variable_only(file: Path) -> None:
    message = refused(
        file,
        "",
        ARTWORK_INDEXER_SENTRY_DSN="http://key@host/1",
        ARTWORK_INDEXER_SENTRY_DSN_FILE=str(file),
    )
    assert "ARTWORK_INDEXER_SENTRY_DSN_FILE" in message
    assert "remove one" in message


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    file.write_bytes("[logging]\nlevel = DEBUG\n".encode("utf-8-sig"))
    assert load(file, {}).logging.level == "debug"


# Any secret survives

PRINTABLE = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=30
)


@given(password=PRINTABLE | st.text(string.punctuation, min_size=1))
def test_any_password_round_trips(tmp_path_factory: pytest.TempPathFactory, password: str) -> None:
    file = tmp_path_factory.getbasetemp() / "round_trip.ini"
    config = loaded(file, f"[database]\npassword = {password}\nhost = h")
    assert conninfo_to_dict(config.database.conninfo()) == {"password": password, "host": "h"}
    assert config.secrets() == {password}


@given(password=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_password_round_trips_through_the_environment(password: str) -> None:
    config = load(packaged_default(), {"ARTWORK_INDEXER_DATABASE_PASSWORD": password})
    assert conninfo_to_dict(config.database.conninfo()).get("password", "") == password


# What is refused


@pytest.mark.parametrize(
    ("section", "key", "value", "wanted"),
    [
        ("s3", "url", "https://example.org/{file}", "{bucket} and {file}"),
        ("archive", "metadata_url", "https://example.org/{item}/{more}", "{item}"),
        ("archive", "metadata_url", "https://example.org/{item", "{item}"),
        ("archive", "search_url", "ftp://example.org", "http://"),
        ("archive", "search_url", "https://", "names a host"),
        ("musicbrainz", "url", "musicbrainz.org", "http://"),
        ("musicbrainz", "requests_per_second", "0", "from 0.001"),
        ("musicbrainz", "requests_per_second", "nan", "a number"),
        ("indexer", "concurrency", "0", "a whole number from 1 to 1000"),
        ("indexer", "concurrency", "4.5", "a whole number"),
        ("indexer", "concurrency", "", "a whole number"),
        ("indexer", "concurrency", "9" * 5000, "a whole number"),
        ("indexer", "listen", "maybe", "auto, yes, no"),
        ("indexer", "verify_copies", "si", "yes or no"),
        ("audit", "repairs_per_hour", "-1", "a whole number"),
        ("audit", "settle_hours", "soon", "a number"),
        ("metrics", "port", "65536", "to 65535"),
        ("metrics", "host", "http://localhost", "a host name"),
        ("logging", "format", "xml", "text, json"),
        ("database", "port", "postgres", "a port number"),
    ],
)
def test_a_bad_value_is_named_with_place_and_remedy(
    file: Path, section: str, key: str, value: str, wanted: str
) -> None:
    message = refused(file, f"[{section}]\n{key} = {value}\n")
    assert message.startswith(f"{key} in section [{section}] of {file} must be ")
    assert wanted in message
    variable = f"ARTWORK_INDEXER_{section}_{key}".upper()
    assert variable in refused(file, "", **{variable: value})


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("sentry", "dsn", "not-an-address-5ecret"), ("s3", "caa_secret", "5ecret with spaces")],
)
def test_a_bad_secret_is_refused_but_not_shown(
    file: Path, section: str, key: str, value: str
) -> None:
    message = refused(file, f"[{section}]\n{key} = {value}\n")
    assert f"{key} in section [{section}]" in message
    assert "5ecret" not in message


def test_an_unknown_key_of_ours_is_an_error(file: Path) -> None:
    assert "did you mean listen?" in refused(file, "[indexer]\nlisten_ = no")
    assert "password_" in refused(file, "[database_readonly]\npassword_ = x")
    message = refused(file, "", ARTWORK_INDEXER_INDEXER_LISTENS="no")
    assert "ARTWORK_INDEXER_INDEXER_LISTENS" in message


@pytest.mark.parametrize("section", ["musicbrainz", "database", "s3", "sentry"])
def test_an_unknown_key_in_an_old_section_is_a_warning(file: Path, section: str) -> None:
    config = loaded(file, f"[{section}]\nhots = localhost")
    (warning,) = config.warnings
    assert f"hots in section [{section}] of {file}" in warning
    assert "ignored" in warning
    assert config.database.conninfo() == ""


def test_an_unknown_section_is_an_error(file: Path) -> None:
    message = refused(file, "[archiv]\nconcurrency = 1")
    assert "[archiv]" in message
    assert "did you mean archive?" in message
    assert "DEFAULT" in refused(file, "[DEFAULT]\nurl = x")


def test_a_variable_that_names_no_section_is_a_warning(file: Path) -> None:
    (warning,) = loaded(file, "", ARTWORK_INDEXER_FOO_BAR="x").warnings
    assert "ARTWORK_INDEXER_FOO_BAR" in warning


@pytest.mark.parametrize(
    "text",
    ["no section = here", "[s3]\ncaa_secret 5ecret", "[s3]\ncaa_secret=5ecret\ncaa_secret=5ecret"],
)
def test_a_file_that_is_no_ini_file(file: Path, text: str) -> None:
    message = refused(file, text)
    assert f"{file}, line " in message
    assert "key = value" in message
    assert "5ecret" not in message


def test_files_that_cannot_be_read(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no configuration file .*--config"):
        load(tmp_path / "absent.ini", {})
    with pytest.raises(ConfigurationError, match="directory"):
        load(tmp_path, {})
    file.write_bytes(b"[s3]\ncaa_access = \xff\n")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(file, {})


# What is never shown


def test_no_secret_in_the_repr(file: Path) -> None:
    config = loaded(
        file,
        OLD_FILE.replace("dsn =", "dsn = https://dsn-key@host/1"),
        ARTWORK_INDEXER_DATABASE_PASSWORD="db_pass",
        ARTWORK_INDEXER_DATABASE_READONLY_PASSWORD="ro_pass",
    )
    secrets = {"caa_user", "caa_pass", "eaa_user", "eaa_pass", "db_pass", "ro_pass"}
    assert config.secrets() == secrets | {"https://dsn-key@host/1"}
    shown = f"{config!r} {config} {config.database}"
    assert not [secret for secret in (*secrets, "dsn-key") if secret in shown]


def test_a_password_in_a_url_is_a_secret(file: Path) -> None:
    before = loaded(file, OLD_FILE)
    config = loaded(file, "[musicbrainz]\nurl = http://me:ur1pass@host:5000")
    assert config.secrets() == {"ur1pass"}
    assert not [line for line in differences(before, config) if "ur1pass" in line]


def test_differences_name_secrets_and_show_the_rest(file: Path) -> None:
    old = loaded(file, OLD_FILE)
    new = loaded(
        file,
        OLD_FILE.replace("caa_pass", "new_pass").replace("5432", "6432")
        + "[indexer]\nverify_copies = no\n[audit]\nentities_per_hour =\n",
        ARTWORK_INDEXER_DATABASE_PASSWORD="db_pass",
    )
    assert differences(old, new) == [
        "[audit] entities_per_hour: 2000 -> (empty)",
        "[database] password: changed",
        "[database] port: 5432 -> 6432",
        "[indexer] verify_copies: yes -> no",
        "[s3] caa_secret: changed",
    ]
    assert differences(old, old) == []


# The reference


def test_the_reference_is_current() -> None:
    assert main(["--check"]) == 0


def test_every_key_is_documented() -> None:
    ini, page = default_ini(), reference()
    for section in SECTIONS:
        for name, key in keys_of(section).items():
            assert f"\n{name} = {key.default}".rstrip() in ini
            assert f"| `{name}` |" in page
            assert key.explanation.endswith(".")
