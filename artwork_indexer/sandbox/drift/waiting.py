"""States that cannot be judged yet (row 13), and those that never will be."""

from __future__ import annotations

from typing import Final

from artwork_indexer.sandbox.drift.builders import single
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Deferrals,
    Drift,
    Past,
    Planted,
    asked,
    waits,
)
from artwork_indexer.sandbox.drift.stage import Site, Stage
from artwork_indexer.sandbox.drift.strays import OWNER, lay, lay_unknown
from artwork_indexer.sandbox.internet_archive import WaitAdmin
from audit.states import Evidence

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
LAST_CHANCE: Final = Deferrals("unreadable: The metadata record", 9, 15)
OLD_COMMENT: Final = "an old comment"


def wrong_comment(site: Site) -> None:
    """A plain drift under what keeps it from being judged."""
    site.rewrite(lambda document: document["images"][0].update(comment=OLD_COMMENT))


def _stop_task(stage: Stage, site: Site, state: WaitAdmin) -> None:
    site.archive.tasks.break_next(site.item.identifier, state)
    stage.archive.submit(
        site.item, "derive.php", lambda _now: None, submitter=site.project.uploader, delay=DAY
    )


async def _tasks_pending(stage: Stage) -> Planted:
    site = stage.release()
    wrong_comment(site)
    stage.archive.submit(
        site.item, "derive.php", lambda _now: None, submitter=site.project.uploader, delay=DAY
    )
    return {ENTITY: site.subject()}


async def _task_stopped(stage: Stage) -> Planted:
    site = stage.release()
    wrong_comment(site)
    _stop_task(stage, site, WaitAdmin.RED)
    return {ENTITY: site.subject()}


async def _task_stopped_long_ago(stage: Stage) -> Planted:
    site = stage.release()
    _stop_task(stage, site, WaitAdmin.RED)
    seen = stage.archive.clock.now() - 2 * DAY
    return {ENTITY: site.subject(Past(Evidence(red_since=seen)))}


async def _task_on_hold(stage: Stage) -> Planted:
    site = stage.release()
    _stop_task(stage, site, WaitAdmin.PAUSED)
    return {ENTITY: site.subject()}


async def _changed_just_now(stage: Stage) -> Planted:
    site = stage.release()
    wrong_comment(site)
    site.item.touch(stage.archive.clock.now())
    return {ENTITY: site.subject()}


async def _upload_not_entered(stage: Stage) -> Planted:
    """An editor is still at the form; the file is there already."""
    site = stage.release()
    lay_unknown(site, stage.new_image(age=HOUR / 4))
    return {ENTITY: site.subject()}


async def _upload_not_arrived(stage: Stage) -> Planted:
    """Entered and indexed, and the Internet Archive has not put the file in its place yet."""
    site, image = stage.release(), stage.new_image(age=HOUR / 4)
    await stage.edit("add_image", gid=site.gid, image=image)
    wanted = await stage.wanted(site)
    site.write(wanted.index)
    return {ENTITY: site.subject()}


async def _open_event(stage: Stage) -> Planted:
    """The event that mends it is in the queue."""
    site = stage.release()
    wrong_comment(site)
    await stage.run("plan_index", gid=site.gid, entity_type=site.entity_type)
    return {ENTITY: site.subject()}


def _repaired_in_vain(site: Site) -> Past:
    wrong_comment(site)
    return Past(Evidence(rounds={f"image-comment-wrong image {site.first}": 3}))


def _never_readable(site: Site) -> Past:
    site.item.extra_keys["error"] = "the item cannot be read"
    site.item.touch()
    return Past(deferrals=LAST_CHANCE)


async def _malformed(stage: Stage) -> Planted:
    """An artist credit without artists."""
    site = stage.release()
    await stage.edit("credit_nobody", gid=site.gid)
    return {ENTITY: site.subject()}


async def _unknown_mime_type(stage: Stage) -> Planted:
    """A MIME type that the table of suffixes does not have."""
    site = stage.release()
    await stage.edit("unknown_mime_type", gid=site.gid)
    return {ENTITY: site.subject()}


async def _owner_unreadable(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.item.extra_keys["error"] = "the item cannot be read"
    owner.item.touch()
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _owner_on_its_way(stage: Stage) -> Planted:
    """The owner lacks the image, and a task may be about to bring it."""
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.remove_image(owner.first)
    _stop_task(stage, owner, WaitAdmin.PAUSED)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


DRIFTS: Final[tuple[Drift, ...]] = (
    Drift("tasks-pending", "a wrong comment, and tasks are queued", ("13",),
          {ENTITY: waits("tasks-pending", end="clean", more=("index",))}, _tasks_pending),
    Drift("task-stopped", "a wrong comment, and a task has just stopped", ("13",),
          {ENTITY: waits("tasks-pending", end="manual_review")}, _task_stopped),
    Drift("task-stopped-long-ago", "a task stopped two days ago", ("13",),
          {ENTITY: asked("task-in-error")}, _task_stopped_long_ago),
    Drift("task-on-hold", "a task is on hold", ("13",), {ENTITY: waits("tasks-pending")},
          _task_on_hold),
    Drift("changed-just-now", "a wrong comment in an item that has just changed", ("13",),
          {ENTITY: waits("changed-just-now", end="clean", more=("index",))}, _changed_just_now),
    Drift("upload-not-entered", "a file whose edit is not entered yet", ("5", "13"),
          {ENTITY: waits("fresh-upload")}, _upload_not_entered),
    Drift("upload-not-arrived", "an image whose file has not arrived yet", ("6", "13"),
          {ENTITY: waits("fresh-upload")}, _upload_not_arrived),
    Drift("open-event", "a wrong comment, and the event that mends it waits", ("4",),
          {ENTITY: waits("open-events", end="clean")}, _open_event),
    Drift("owner-unreadable", "another release's image, whose item cannot be read", ("5",),
          {ENTITY: waits("unreadable"), OWNER: waits("unreadable")}, _owner_unreadable),
    Drift("owner-on-its-way", "another release's image, which may be about to get it", ("5", "13"),
          {ENTITY: waits("unreadable"), OWNER: waits("tasks-pending")}, _owner_on_its_way),
    single("repaired-in-vain", "a wrong comment that came back three times", "4",
           _repaired_in_vain, asked("image-comment-wrong", "repair-does-not-hold")),
    single("never-readable", "not readable for the tenth time in two weeks", "13",
           _never_readable, asked()),
    Drift("credited-to-nobody", "an artist credit without artists", ("4",),
          {ENTITY: asked("musicbrainz-row-malformed")}, _malformed),
    Drift("unknown-mime-type", "a MIME type without a suffix", ("4",),
          {ENTITY: asked("musicbrainz-row-malformed")}, _unknown_mime_type),
)  # fmt: skip
