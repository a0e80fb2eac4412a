"""Images that move again before the queue has moved them: nothing lost, nothing left over."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest

from tests.trigger_fixtures import R1, R2, R3, RELEASES, Desk, desk


@pytest.fixture
def editor(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        it.load("caa.sql")
        yield it


def moves(editor: Desk) -> list[tuple[str, str, list[int] | None]]:
    """The queued copies and deletes, without their ids."""
    return [
        (action, gids, parents)
        for _, action, gids, parents in editor.jobs()
        if action in {"copy_image", "delete_image"}
    ]


def test_weakness_O_a_second_merge_waits_for_the_first_copy(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.move_art(1, 3)
    assert moves(editor) == [
        ("copy_image", f"{R1} {R2}", None),
        ("delete_image", R1, [1]),
        ("copy_image", f"{R2} {R3}", [1]),
        ("delete_image", R2, [5]),
    ]


def test_weakness_V_a_running_copy_counts_too(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.become("running", 1)
    editor.move_art(1, 3)
    assert moves(editor)[1:] == [
        ("copy_image", f"{R2} {R3}", [1]),
        ("delete_image", R2, [5]),
    ]


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_a_copy_that_is_over_is_not_waited_for(editor: Desk, state: str) -> None:
    editor.move_art(1, 2)
    editor.become(state, 1)
    editor.move_art(1, 3)
    assert ("copy_image", f"{R2} {R3}", None) in moves(editor)


def test_weakness_V_a_removal_waits_for_the_pending_copy(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    assert ("delete_image", R2, [1]) in moves(editor)


def test_deleting_the_target_of_a_merge_waits_for_the_pending_copy(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.sql(
        "DELETE FROM musicbrainz.release_country WHERE release = 2;"
        "DELETE FROM musicbrainz.release WHERE id = 2"
    )
    assert ("delete_image", R2, [1]) in moves(editor)
    assert [job for job in editor.jobs() if job[1] == "index"] == []


def test_a_move_that_is_taken_back_leaves_the_image_where_it_is(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.move_art(1, 1)
    assert moves(editor) == [("delete_image", R2, None)]
    assert {job[1:3] for job in editor.jobs()} == {
        ("delete_image", R2),
        ("index", R1),
        ("deindex", R2),
    }
    assert editor.column("state::text", 1) == "completed"
    assert "moved back" in editor.column("remark", 1)


def test_weakness_T_to_and_fro_and_to_again(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.move_art(1, 1)
    editor.move_art(1, 2)
    jobs = {job[1:3]: job for job in editor.jobs()}
    assert set(jobs) == {
        ("copy_image", f"{R1} {R2}"),
        ("delete_image", R1),
        ("index", R2),
        ("deindex", R1),
    }
    assert jobs["delete_image", R1][3] == [jobs["copy_image", f"{R1} {R2}"][0]]
    assert editor.warnings == []


def test_taken_back_while_the_copy_runs(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.become("running", 1)
    editor.move_art(1, 1)
    assert moves(editor) == [("copy_image", f"{R2} {R1}", [1]), ("delete_image", R2, [5])]
    editor.move_art(1, 2)
    assert moves(editor) == [("delete_image", R1, [1])]


def test_the_way_back_over_several_releases(editor: Desk) -> None:
    editor.move_art(1, 2)
    editor.become("completed", 1)
    editor.move_art(1, 3)
    editor.move_art(1, 1)
    editor.move_art(1, 2)
    assert {move[:2] for move in moves(editor)} == {("delete_image", R1), ("delete_image", R3)}


class Archive:
    """Workers that run ready events in any order, and the items they change.

    A ``blind`` one deletes what it is told to; the other one refuses as the daemon does.
    """

    def __init__(self, editor: Desk, luck: random.Random, *, blind: bool) -> None:
        self.editor = editor
        self.luck = luck
        self.blind = blind
        self.items: dict[str, set[int]] = {R1: {1, 11}, R2: set(), R3: {2}}

    def step(self) -> bool:
        """Start or finish one event; false when there is nothing to do."""
        running = self._events("running")
        startable = [event for event in self._events("queued") if self._may_start(event)]
        choice = self.luck.choice([*running, *startable]) if running or startable else None
        if choice is None:
            return False
        if choice in running:
            self._finish(*choice)
        else:
            if self.luck.random() < 0.5:
                self._carry_out(*choice)
            self.editor.become("running", choice[0])
        return True

    def _events(self, state: str) -> list[tuple[int, str, dict[str, object]]]:
        rows = self.editor.sql(
            "SELECT event.id, event.action::text, event.message"
            "  FROM artwork_indexer.event_queue AS event"
            " WHERE event.state = %s::artwork_indexer.event_state"
            "   AND NOT artwork_indexer.has_unfinished_parent(event) ORDER BY event.id",
            state,
        )
        return [(id_, action, message) for id_, action, message in rows]

    def _may_start(self, event: tuple[int, str, dict[str, object]]) -> bool:
        busy = {gid for _, _, message in self._events("running") for gid in gids(message)}
        return not busy & gids(event[2])

    def _finish(self, event: int, action: str, message: dict[str, object]) -> None:
        done = self._carry_out(event, action, message)
        # Now and then a worker has to come again.
        try:
            finished = done and self.luck.random() < 0.8
            self.editor.become("completed" if finished else "queued", event)
        except psycopg.errors.UniqueViolation:
            # An identical event is queued: that one does it.
            self.editor.become("completed", event)

    def _carry_out(self, event: int, action: str, message: dict[str, object]) -> bool:
        """Change the items; false when the event has to wait for something."""
        image = message.get("artwork_id")
        if not isinstance(image, int):
            return True
        if action == "copy_image":
            old, new = str(message["old_gid"]), str(message["new_gid"])
            assert image in self.items[old], f"event {event} finds nothing to copy"
            self.items[new].add(image)
            return True
        place = str(message["gid"])
        if not self.blind:
            owner = self.editor.one(
                "SELECT release.gid::text FROM cover_art_archive.cover_art"
                "  JOIN musicbrainz.release ON release.id = cover_art.release"
                " WHERE cover_art.id = %s",
                image,
            )
            if owner == place:
                # Moved back while the delete was running: refused.
                return True
            if image not in self.items[owner]:
                return False
        self.items[place].discard(image)
        return True


def gids(message: dict[str, object]) -> set[object]:
    return {message[key] for key in ("gid", "old_gid", "new_gid") if key in message}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("blind", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_any_chain_of_moves_ends_with_every_image_at_its_release(
    editor: Desk, seed: int, *, blind: bool
) -> None:
    luck = random.Random(seed)
    editor.add_art(11, 1)
    archive = Archive(editor, luck, blind=blind)
    for _ in range(30):
        if luck.random() < 0.4:
            editor.move_art(luck.choice([1, 11, 2]), luck.choice([1, 2, 3]))
        else:
            archive.step()
        editor.sql("SELECT artwork_indexer.expand_deferred_demand()")
    for _ in range(2000):
        if not archive.step():
            break
    assert editor.sql("SELECT id FROM artwork_indexer.event_queue WHERE state <> 'completed'") == []
    homes: dict[str, set[int]] = {gid: set() for gid in RELEASES.values()}
    for image, release in editor.sql("SELECT id, release FROM cover_art_archive.cover_art"):
        homes[RELEASES[release]].add(image)
    assert archive.items == homes
    assert editor.warnings == []
