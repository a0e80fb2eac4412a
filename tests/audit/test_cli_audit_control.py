"""``artwork-indexer audit recheck``, ``pause`` and ``resume``."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import repair
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]


def hold(operator: Operator) -> list[dict[str, object]]:
    return operator.entities.table("audit_hold")


# recheck


def test_a_recheck_makes_known_and_unknown_entities_due(operator: Operator) -> None:
    operator.entities.seed(2, status="clean", next_audit_at="2100-01-01")
    ended = operator.type("audit", "recheck", "release", GIDS[0], GIDS[5], GIDS[0])
    assert ended.code == 0
    assert ended.out == "2 releases are due now, ahead of the regular round.\n"
    assert {claim.gid for claim in operator.claim(10)} == {GIDS[0], GIDS[5]}


def test_a_recheck_says_what_musicbrainz_does_not_know(operator: Operator) -> None:
    ended = operator.type("audit", "recheck", "event", *GIDS[:5])
    assert ended.out == "5 events are due now, ahead of the regular round.\n"
    assert f"no such event (any more): {GIDS[0]}, {GIDS[1]}, {GIDS[2]} and 2 more." in ended.err
    assert operator.entities.entity(GIDS[0])["entity_type"] == "event"


def test_a_recheck_of_a_file_of_many(operator: Operator, tmp_path: Path) -> None:
    many = [f"{n:08x}-0000-4000-8000-00000000000a" for n in range(2500)]
    file = tmp_path / "mbids"
    file.write_text("# a comment\n\n" + "\n".join(many), "utf-8")
    ended = operator.type("audit", "recheck", "release", "--file", str(file))
    assert ended.out == "2,500 releases are due now, ahead of the regular round.\n"
    assert operator.entities.value("(SELECT count(*) FROM artwork_indexer.audit_entity)") == 2500
    again = operator.type("audit", "recheck", "release", "--file", str(file))
    assert again.out == ended.out
    assert operator.entities.value("(SELECT count(*) FROM artwork_indexer.audit_entity)") == 2500


def test_a_recheck_warns_when_nothing_is_audited(operator: Operator) -> None:
    operator.type("audit", "pause", "--reason", "IA asked us")
    operator.configure(operator.entities.conninfo, enabled="no")
    ended = operator.type("audit", "recheck", "release", GIDS[0])
    assert ended.code == 0
    assert "[audit] enabled = no" in ended.err
    assert "(IA asked us). To go on: artwork-indexer audit resume" in ended.err


@pytest.mark.parametrize("arguments", [(), ("release",), ("release", "nonsense"), ("artist", "x")])
def test_a_recheck_wants_mbids(operator: Operator, arguments: tuple[str, ...]) -> None:
    ended = operator.type("audit", "recheck", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert operator.entities.table("audit_entity") == []


# pause and resume


def test_a_pause_holds_every_process_until_resumed(operator: Operator) -> None:
    operator.entities.seed(2)
    ended = operator.type("audit", "pause", "--reason", "IA asked us")
    assert ended.code == 0
    assert "artwork-indexer audit resume" in ended.out
    (row,) = hold(operator)
    assert [row[key] for key in ("name", "reason", "held_by")] == [
        "pause",
        "IA asked us",
        getpass.getuser(),
    ]
    assert operator.claim() == []
    ended = operator.type("audit", "resume")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("The pause is ended;")
    assert "IA asked us" in ended.out
    assert len(operator.claim()) == 1


def test_pausing_again_keeps_the_first_reason(operator: Operator) -> None:
    operator.type("audit", "pause", "--reason", "first")
    ended = operator.type("audit", "pause", "--reason", "second")
    assert ended.code == 0
    assert ended.out.startswith("Audits were paused already, since ")
    assert ended.out.endswith(f" by {getpass.getuser()}: first\n")
    assert [row["reason"] for row in hold(operator)] == ["first"]


def test_a_pause_tells_of_repairs_that_go_on(operator: Operator) -> None:
    operator.entities.seed()
    operator.judge(repair(GIDS[0], seen("xml-title")))
    ended = operator.type("audit", "pause")
    assert ended.code == 0
    assert ended.err.startswith("Repairs that are queued or running: 1. This does not stop them;")


def test_resume_with_nothing_held(operator: Operator) -> None:
    for _ in range(2):
        ended = operator.type("audit", "resume")
        assert (ended.code, ended.out) == (0, "Audits were neither paused nor braked.\n")
    operator.configure(operator.entities.conninfo, enabled="no")
    assert "[audit] enabled = no" in operator.type("audit", "resume").err


def test_resume_releases_the_brake_and_gives_failed_kinds_another_try(operator: Operator) -> None:
    operator.entities.run("SELECT artwork_indexer.pull_audit_brake('Nobody is healthy.')")
    operator.entities.run(
        "INSERT INTO artwork_indexer.audit_probation VALUES ('xml-title', 9, 0, 9)"
    )
    operator.configure(operator.entities.conninfo, probation_repairs=5)
    ended = operator.type("audit", "resume")
    assert ended.out.startswith("The brake is released;")
    assert "Nobody is healthy." in ended.out
    assert hold(operator) == []
    assert operator.entities.table("audit_probation") == []


def test_a_reason_that_the_database_cannot_hold(operator: Operator) -> None:
    assert operator.type("audit", "pause", "--reason", "caf\udce9").code == 0
    assert hold(operator)[0]["reason"] == "caf?"
