"""Drifts of MusicBrainz: edits whose events are lost, or still wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.audit.simulation.ground import Drift, Ground, nth, write
from tests.audit.simulation.stock import Entity

Edit = Callable[[Ground, Entity, Drift], None]

DELETE: Final = """
    DELETE FROM {schema}.{art}_type WHERE id IN (
        SELECT art.id FROM {schema}.{art} AS art JOIN musicbrainz.{entity}
            ON {entity}.id = art.{entity} WHERE {entity}.gid = %(gid)s);
    DELETE FROM {schema}.{art} WHERE {entity} = (
        SELECT id FROM musicbrainz.{entity} WHERE gid = %(gid)s);
"""
DETAILS: Final = {
    "release": """
        DELETE FROM musicbrainz.release_country
         WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
        DELETE FROM musicbrainz.release_unknown_country
         WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s)
    """,
    "event": """
        DELETE FROM musicbrainz.l_artist_event
         WHERE entity1 = (SELECT id FROM musicbrainz.event WHERE gid = %(gid)s);
        DELETE FROM musicbrainz.l_event_place
         WHERE entity0 = (SELECT id FROM musicbrainz.event WHERE gid = %(gid)s)
    """,
}
"""What goes with a row."""
OF: Final = "SELECT id FROM musicbrainz.{entity} WHERE gid = %(gid)s"


def rename(ground: Ground, entity: Entity, drift: Drift) -> None:
    name = nth(("Another name", "", "<&>\"'", "音楽 \U0001f3b5", " " * 3, "x" * 2000), drift.how)
    ground.sql(
        "UPDATE musicbrainz.{entity} SET name = %(name)s WHERE gid = %(gid)s",
        entity.entity_type,
        gid=entity.gid,
        name=name,
    )


def redate(ground: Ground, entity: Entity, drift: Drift) -> None:
    """A field that the document has and index.json has not."""
    statements = {
        "release": nth(
            (
                "UPDATE musicbrainz.release SET barcode = '4006381333931' WHERE gid = %(gid)s",
                "UPDATE musicbrainz.release SET barcode = '' WHERE gid = %(gid)s",
                "UPDATE musicbrainz.release SET language = NULL WHERE gid = %(gid)s",
                "UPDATE musicbrainz.release SET status = 3 WHERE gid = %(gid)s",
                "DELETE FROM musicbrainz.release_country WHERE release = (" + OF + ")",
            ),
            drift.how,
        ),
        "event": nth(
            (
                "UPDATE musicbrainz.event SET cancelled = NOT cancelled WHERE gid = %(gid)s",
                "UPDATE musicbrainz.event SET setlist = '* a' WHERE gid = %(gid)s",
                "UPDATE musicbrainz.event SET begin_date_day = NULL WHERE gid = %(gid)s",
                "UPDATE musicbrainz.event SET time = '03:15' WHERE gid = %(gid)s",
            ),
            drift.how,
        ),
    }
    ground.sql(statements[entity.entity_type], entity.entity_type, gid=entity.gid)


def recomment(ground: Ground, entity: Entity, drift: Drift) -> None:
    ground.sql(
        "UPDATE {schema}.{art} SET comment = comment || %(more)s WHERE {entity} = (" + OF + ")",
        entity.entity_type,
        gid=entity.gid,
        more=nth(("!", " \x7f", "é\u0301", "\u202e"), drift.how),
    )


def reorder(ground: Ground, entity: Entity, drift: Drift) -> None:
    order = "1000 - ordering" if drift.how % 2 else "1"
    ground.sql(
        "UPDATE {schema}.{art} SET ordering = " + order + " WHERE {entity} = (" + OF + ")",
        entity.entity_type,
        gid=entity.gid,
    )


def retype(ground: Ground, entity: Entity, drift: Drift) -> None:
    ground.sql(
        "DELETE FROM {schema}.{art}_type WHERE id IN"
        " (SELECT id FROM {schema}.{art} WHERE {entity} = (" + OF + "))",
        entity.entity_type,
        gid=entity.gid,
    )
    if drift.how % 2:
        ground.sql(
            "INSERT INTO {schema}.{art}_type (id, type_id)"
            " SELECT id, 1 FROM {schema}.{art} WHERE {entity} = (" + OF + ")",
            entity.entity_type,
            gid=entity.gid,
        )


def close_edits(ground: Ground, entity: Entity, _drift: Drift) -> None:
    ground.sql(
        "UPDATE musicbrainz.edit SET status = 2, close_time = now() WHERE id IN"
        " (SELECT edit FROM {schema}.{art} WHERE {entity} = (" + OF + "))",
        entity.entity_type,
        gid=entity.gid,
    )


def remove_image(ground: Ground, entity: Entity, drift: Drift) -> None:
    images = ground.images(entity)
    if not images:
        return
    number = nth(images, drift.which)["id"]
    if drift.told:
        ground.removed.add(number)
    ground.sql("DELETE FROM {schema}.{art}_type WHERE id = %(id)s", entity.entity_type, id=number)
    ground.sql("DELETE FROM {schema}.{art} WHERE id = %(id)s", entity.entity_type, id=number)


def add_image(ground: Ground, entity: Entity, drift: Drift) -> None:
    number = ground.unknown_id(500 + drift.which)
    if ground.sql("SELECT 1 FROM {schema}.{art} WHERE id = %(id)s", entity.entity_type, id=number):
        return
    ground.sql(
        "INSERT INTO {schema}.{art} (id, {entity}, mime_type, ordering, comment, edit)"
        " SELECT %(id)s, id, 'image/png', 50, 'new', (SELECT max(id) FROM musicbrainz.edit)"
        "   FROM musicbrainz.{entity} WHERE gid = %(gid)s",
        entity.entity_type,
        gid=entity.gid,
        id=number,
    )
    item = ground.archive.items.get(entity.item)
    if item is not None and drift.how % 3:
        write(item, f"{entity.item}-{number}.png", b"new image %d" % number)


def _take_along(
    ground: Ground, image: int, suffix: str, old: Entity, new: Entity, how: int
) -> None:
    """What the events of a move may have done before they were lost."""
    source, target = ground.archive.items.get(old.item), ground.archive.items.get(new.item)
    name = f"{old.item}-{image}.{suffix}"
    if source is None or target is None or name not in source.files or how % 4 == 0:
        return
    write(target, f"{new.item}-{image}.{suffix}", source.files[name].content.read())
    if how % 4 == 1:
        source.remove(name, source.last_updated, cascade=True)


def move_image(ground: Ground, entity: Entity, drift: Drift) -> None:
    images = ground.images(entity)
    others = [other for other in ground.live(entity.entity_type) if other != entity]
    if not images or not others:
        return
    image, other = nth(images, drift.which), nth(others, drift.how)
    ground.touch(other)
    _assign(ground, [image["id"]], other)
    if not drift.told:
        _take_along(ground, image["id"], image["suffix"], entity, other, drift.how)


def _assign(ground: Ground, numbers: list[int], other: Entity) -> None:
    ground.sql(
        "UPDATE {schema}.{art} SET {entity} = (" + OF + "), ordering = ordering + 20"
        " WHERE id = ANY (%(ids)s)",
        other.entity_type,
        gid=other.gid,
        ids=numbers,
    )


def merge(ground: Ground, entity: Entity, drift: Drift) -> None:
    others = [other for other in ground.live(entity.entity_type) if other != entity]
    if not others:
        return
    other, images = nth(others, drift.which), ground.images(entity)
    redirected = _redirects(ground, entity)
    ground.touch(other, *redirected)
    _assign(ground, [image["id"] for image in images], other)
    _end(ground, entity, redirect_to=other)
    for image in images if not drift.told else []:
        _take_along(ground, image["id"], image["suffix"], entity, other, drift.how)


def _redirects(ground: Ground, entity: Entity) -> list[Entity]:
    rows = ground.sql(
        "SELECT gid::text FROM musicbrainz.{entity}_gid_redirect WHERE new_id = (" + OF + ")",
        entity.entity_type,
        gid=entity.gid,
    )
    return [Entity(entity.entity_type, row["gid"]) for row in rows]


def _end(ground: Ground, entity: Entity, *, redirect_to: Entity | None) -> None:
    names = entity.entity_type
    for statement in DETAILS[names].split(";"):
        ground.sql(statement, names, gid=entity.gid)
    if redirect_to is None:
        ground.sql(
            "DELETE FROM musicbrainz.{entity}_gid_redirect WHERE new_id = (" + OF + ")",
            names,
            gid=entity.gid,
        )
    else:
        ground.sql(
            "UPDATE musicbrainz.{entity}_gid_redirect SET new_id ="
            " (SELECT id FROM musicbrainz.{entity} WHERE gid = %(target)s)"
            " WHERE new_id = (" + OF + ")",
            names,
            gid=entity.gid,
            target=redirect_to.gid,
        )
        ground.sql(
            "INSERT INTO musicbrainz.{entity}_gid_redirect (gid, new_id)"
            " SELECT %(gid)s, id FROM musicbrainz.{entity} WHERE gid = %(target)s",
            names,
            gid=entity.gid,
            target=redirect_to.gid,
        )
    ground.sql("DELETE FROM musicbrainz.{entity} WHERE gid = %(gid)s", names, gid=entity.gid)


def delete(ground: Ground, entity: Entity, drift: Drift) -> None:
    ground.touch(*_redirects(ground, entity))
    if drift.told:
        ground.removed.update(image["id"] for image in ground.images(entity))
    for statement in DELETE.split(";")[:-1]:
        ground.sql(statement, entity.entity_type, gid=entity.gid)
    _end(ground, entity, redirect_to=None)


def darken(ground: Ground, entity: Entity, drift: Drift) -> None:
    ground.sql(
        "UPDATE musicbrainz.{entity}_meta SET {presence} = %(presence)s WHERE id = (" + OF + ")",
        entity.entity_type,
        gid=entity.gid,
        presence=nth(("darkened", "present", "darkened", "absent"), drift.how),
    )


def odd_type(ground: Ground, entity: Entity, drift: Drift) -> None:
    """A MIME type that nobody has heard of."""
    images = ground.images(entity)
    if images:
        ground.sql(
            "UPDATE {schema}.{art} SET mime_type = %(odd)s WHERE id = %(id)s",
            entity.entity_type,
            id=nth(images, drift.which)["id"],
            odd=nth(("image/webp", "", "image/png; x=1", "application/pdf"), drift.how),
        )


EDITS: Final[Mapping[str, Edit]] = {
    edit.__name__: edit
    for edit in (
        rename,
        redate,
        recomment,
        reorder,
        retype,
        close_edits,
        remove_image,
        add_image,
        move_image,
        merge,
        delete,
        darken,
        odd_type,
    )
}
