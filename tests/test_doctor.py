"""The doctor: what it finds in the configuration, the database and the outside world."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from artwork_indexer.cli.doctor import show
from artwork_indexer.cli.main import cli
from artwork_indexer.config import Config, load
from artwork_indexer.database import query
from artwork_indexer.doctor.configuration import check_configuration
from artwork_indexer.doctor.database import check_database
from artwork_indexer.doctor.findings import Finding, Level, has_problem, ok, problem, warning
from artwork_indexer.doctor.remotes import check_remotes
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.server import config_text, serving
from artwork_indexer.sandbox.webservice import WebService
from tests.queue_fixtures import GIDS, Rows
from tests.scenarios.processes import command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.ini"


def write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")


def on_database(conninfo: str, file: Path, more: str = "") -> Config:
    keys = "\n".join(f"{key} = {value}" for key, value in conninfo_to_dict(conninfo).items())
    file.write_text(f"[database]\n{keys}\n{more}", "utf-8")
    return load(file, {})


def worst(findings: list[Finding], subject: str) -> Finding:
    """The worst finding about a subject."""
    order = list(Level)
    return max((f for f in findings if f.subject == subject), key=lambda f: order.index(f.level))


def database_findings(conninfo: str, file: Path, more: str = "") -> list[Finding]:
    return list(check_database(on_database(conninfo, file, more)))


# The whole


async def test_a_healthy_installation(database_url: str, file: Path) -> None:
    async with serving(Archive(), WebService(database_url)) as base_url:
        text = config_text(base_url, database_url)
        write(file, text.replace("[archive]", "[archive]\ncontact = a@example.org"))
        ended = await command("doctor", "--json", "--config", str(file))
    findings = json.loads(ended.output)
    assert ended.code == 0
    assert {finding["level"] for finding in findings} == {"ok"}, ended.output
    subjects = {finding["subject"] for finding in findings}
    assert {"configuration", "keys", "database", "rights", "schema", "triggers", "queue"} < subjects
    assert len([subject for subject in subjects if subject.startswith("[")]) == 8


def test_an_invalid_configuration_is_a_finding(file: Path) -> None:
    file.write_text("[indexer]\nconcurrency = many\n")
    result = CliRunner().invoke(cli, ["doctor", "--config", str(file)], standalone_mode=False)
    assert result.return_value == 1
    assert result.output.startswith("problem  configuration: concurrency in section [indexer]")


def test_warnings_alone_are_no_problem() -> None:
    assert not has_problem([ok("a", "b"), warning("a", "b", "c")])
    assert has_problem([ok("a", "b"), problem("a", "b", "c")])


def test_a_finding_is_printed_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    show(warning("queue", "2 events failed", "Look at them."))
    assert capsys.readouterr().out == (
        "warning  queue: 2 events failed\n         -> Look at them.\n"
    )


# The configuration


def test_keys_that_are_missing_and_settings_with_consequences(file: Path) -> None:
    file.write_text(
        "[musicbrainz]\nurl =\nodd = 1\n[s3]\ncaa_access = a\ncaa_secret = s3cret\neaa_access = a\n"
        "[indexer]\nverify_copies = no\n"
    )
    findings = list(check_configuration(load(file, {})))
    (lacking,) = [finding for finding in findings if finding.level is Level.PROBLEM]
    assert lacking.remedy == "Set eaa_access and eaa_secret in section [s3]."
    warnings = " ".join(f.message for f in findings if f.level is Level.WARNING)
    for said in ("odd", "web service", "User-Agent", "without proof"):
        assert said in warnings
    assert "s3cret" not in json.dumps([asdict(finding) for finding in findings])


# The database


def test_nobody_answers(bare_database_url: str, file: Path) -> None:
    gone = make_conninfo(bare_database_url, dbname="nowhere")
    (finding,) = database_findings(gone, file)
    assert finding.level is Level.PROBLEM
    assert "Correct dbname" in finding.message


@pytest.mark.parametrize(("ahead", "told"), [(0, False), (-3600, True), (3600, True)])
def test_a_clock_that_is_wrong_and_an_answer_that_is_slow(
    database_url: str, file: Path, monkeypatch: pytest.MonkeyPatch, ahead: int, *, told: bool
) -> None:
    monkeypatch.setattr("artwork_indexer.doctor.database.MOST_SKEW_SECONDS", 0.5)
    there = f"clock_timestamp() + interval '{ahead} s'"
    asked = query("doctor_server").replace("clock_timestamp()", there)
    slow = f"SELECT seen.* FROM ({asked}) AS seen, pg_sleep(1)"
    monkeypatch.setattr(
        "artwork_indexer.doctor.database.query",
        lambda name: slow if name == "doctor_server" else query(name),
    )
    findings = database_findings(database_url, file)
    assert any(finding.subject == "clock" for finding in findings) is told


def test_the_schema_is_missing(musicbrainz_url: str, file: Path) -> None:
    finding = worst(database_findings(musicbrainz_url, file), "schema")
    assert finding.level is Level.PROBLEM
    assert "Run: artwork-indexer migrate" in finding.message


def test_triggers_that_are_missing_or_disabled(database_url: str, file: Path) -> None:
    assert worst(database_findings(database_url, file), "triggers").level is Level.OK
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "ALTER TABLE musicbrainz.artist DISABLE TRIGGER artwork_indexer_a_upd_artist"
        )
        finding = worst(database_findings(database_url, file), "triggers")
        assert finding.level is Level.PROBLEM
        assert "disabled (artwork_indexer_a_upd_artist)" in finding.message
        connection.execute("DROP TRIGGER artwork_indexer_a_upd_artist ON musicbrainz.artist")
    finding = worst(database_findings(database_url, file), "triggers")
    assert finding.level is Level.PROBLEM
    assert "1 of 18 triggers are missing" in finding.message


def test_a_mirror_is_for_reports_only(bare_database_url: str, file: Path) -> None:
    with psycopg.connect(bare_database_url, autocommit=True) as connection:
        connection.execute(musicbrainz_schema(mirror=True).encode())
    migrate_database(bare_database_url, with_triggers=False)
    findings = database_findings(bare_database_url, file)
    assert worst(findings, "mirror").level is Level.WARNING
    assert "report mode only" in worst(findings, "mirror").remedy
    assert not has_problem(findings)


def test_rights_that_are_missing(database_url: str, file: Path) -> None:
    role = f"powerless_{conninfo_to_dict(database_url)['dbname']}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA artwork_indexer TO {role}".encode())
        connection.execute(f"GRANT SELECT ON artwork_indexer.event_queue TO {role}".encode())
        try:
            findings = database_findings(make_conninfo(database_url, user=role), file)
        finally:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    finding = worst(findings, "rights")
    assert finding.level is Level.PROBLEM
    assert "DELETE, INSERT, UPDATE artwork_indexer.event_queue;" in finding.message
    assert "use the schema musicbrainz" in finding.message
    assert "sql/roles.sql" in finding.remedy


def test_the_rights_of_roles_sql_are_enough(database_url: str, file: Path) -> None:
    roles = (Path(__file__).parents[1] / "sql" / "roles.sql").read_bytes()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(roles)
        connection.execute("CREATE ROLE doctors_daemon LOGIN IN ROLE artwork_indexer")
        try:
            user = make_conninfo(database_url, user="doctors_daemon")
            findings = database_findings(user, file)
        finally:
            connection.execute(
                "DROP OWNED BY artwork_indexer, artwork_indexer_ro, doctors_daemon;"
                "DROP ROLE doctors_daemon, artwork_indexer, artwork_indexer_ro"
            )
    assert not has_problem(findings), findings
    assert worst(findings, "schema").level is Level.OK


def test_the_replica_is_asked_too(database_url: str, file: Path) -> None:
    gone = "[database_readonly]\nhost = /no/such/directory\n"
    finding = worst(database_findings(database_url, file, gone), "database_readonly")
    assert finding.level is Level.PROBLEM
    same = "\n".join(f"{k} = {v}" for k, v in conninfo_to_dict(database_url).items())
    findings = database_findings(database_url, file, f"[database_readonly]\n{same}\n")
    assert worst(findings, "database_readonly").level is Level.OK


# The queue


@pytest.fixture
def rows(database_url: str) -> Iterator[Rows]:
    with closing(Rows(database_url)) as it:
        yield it


def queue_warnings(database_url: str, file: Path) -> list[str]:
    findings = database_findings(database_url, file)
    return [f.message for f in findings if f.subject == "queue" and f.level is Level.WARNING]


def test_an_ordinary_queue_is_no_finding(rows: Rows, database_url: str, file: Path) -> None:
    rows.index(GIDS[0])
    rows.index(GIDS[1], state="completed")
    rows.index(GIDS[2], state="running")
    finding = worst(database_findings(database_url, file), "queue")
    assert finding == ok("queue", "1 events wait, none is stuck")


def test_events_that_are_stuck(rows: Rows, database_url: str, file: Path) -> None:
    failed = rows.index(GIDS[0], state="failed")
    rows.index(GIDS[1], depends_on=[failed])
    left = rows.index(GIDS[2], state="running")
    rows.set(left, last_updated="2020-01-01")
    old = rows.index(GIDS[3])
    rows.set(old, created="2020-01-01", last_updated="2020-01-01", run_after="2020-01-01")
    found = " | ".join(queue_warnings(database_url, file))
    for said in ("1 events failed", "wait for one that failed", "1 running", "oldest ready"):
        assert said in found


def test_a_paused_service(rows: Rows, database_url: str, file: Path) -> None:
    rows.set(rows.index(GIDS[3]), created="2020-01-01", run_after="2020-01-01")
    for service in ("archive", "caa-keys"):
        rows.run(query("pause_service"), service=service, duration="10 minutes", reason="SlowDown")
    findings = database_findings(database_url, file)
    pauses = {f.message.split()[0]: f.level for f in findings if f.subject == "pause"}
    assert pauses == {"archive": Level.WARNING, "caa-keys": Level.PROBLEM}
    assert "SlowDown" in worst(findings, "pause").message
    assert queue_warnings(database_url, file) == []


# The outside world


@pytest.fixture
async def outside() -> AsyncIterator[str]:
    """Answers by path: 404 for everything, 503 for /busy, nothing at all for /mute."""
    released = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/mute"):
            await released.wait()
        return web.Response(status=503 if request.path.startswith("/busy") else 404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
        released.set()


@pytest.mark.usefixtures("unknown_hosts")
async def test_reachability(
    outside: str, file: Path, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artwork_indexer.doctor.remotes.ANSWER_SECONDS", 60.0)
    base = outside
    dead = f"http://127.0.0.1:{unused_tcp_port}"
    write(
        file,
        f"[musicbrainz]\nurl = http://me:ur1pass@127.0.0.1:{unused_tcp_port}\n"
        f"[s3]\nurl = {base}/busy/{{bucket}}/{{file}}\n"
        f"[archive]\nmetadata_url = {base}/{{item}}\ndownload_url = {base}/{{item}}/{{file}}\n"
        f"details_url = {dead}/{{item}}\nsearch_url = {dead}/search\nchanges_url = {base}/c\n"
        "tasks_url = http://no-such-host.invalid/\n",
    )
    findings = await check_remotes(load(file, {}))
    found = {finding.subject: (finding.level, finding.message) for finding in findings}
    assert found == {
        "[s3] url": (Level.WARNING, f"{base} answers with HTTP 503"),
        "[archive] metadata_url": (Level.OK, f"{base} answers (HTTP 404)"),
        "[archive] download_url": (Level.OK, f"{base} answers (HTTP 404)"),
        "[archive] details_url": (Level.PROBLEM, f"{dead} cannot be reached (Connection refused)"),
        "[archive] search_url": (Level.WARNING, f"{dead} cannot be reached (Connection refused)"),
        "[archive] changes_url": (Level.OK, f"{base} answers (HTTP 404)"),
        "[archive] tasks_url": (
            Level.WARNING,
            "http://no-such-host.invalid cannot be reached (Name or service not known)",
        ),
        "[musicbrainz] url": (Level.PROBLEM, f"{dead} cannot be reached (Connection refused)"),
    }


async def test_services_that_keep_silent(
    outside: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artwork_indexer.doctor.remotes.ANSWER_SECONDS", 0.5)
    mute = f"{outside}/mute"
    write(
        file,
        f"[musicbrainz]\nurl = {mute}\n"
        f"[s3]\nurl = {mute}/{{bucket}}/{{file}}\n"
        f"[archive]\nmetadata_url = {mute}/{{item}}\ndownload_url = {mute}/{{item}}/{{file}}\n"
        f"details_url = {mute}/{{item}}\nsearch_url = {mute}\nchanges_url = {mute}\n"
        f"tasks_url = {mute}\n",
    )
    findings = await check_remotes(load(file, {}))
    assert {finding.message for finding in findings} == {
        f"{outside} did not answer within 0.5 seconds"
    }
    levels = {finding.subject: finding.level for finding in findings}
    assert levels["[archive] metadata_url"] is Level.PROBLEM
    assert levels["[archive] tasks_url"] is Level.WARNING
