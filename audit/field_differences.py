"""How two sets of compared fields differ, in people's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from audit.findings import plain
from audit.states import EventFields, Fields, Relation, ReleaseFields
from audit.wording import differ

RELEASE_FIELDS: Final = (
    "title", "status", "language", "artists", "events", "barcode", "asin", "artwork",
)  # fmt: skip
EVENT_FIELDS: Final = (
    "name", "setlist", "time", "cancelled", "dates", "type", "performers", "place",
)  # fmt: skip
FIELD_NAMES: Final = frozenset(RELEASE_FIELDS + EVENT_FIELDS)
"""What the configuration's ``xml_fields`` may hold."""

_IMPOSSIBLE: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, and the carriage return, which its parsers take away."""

T = TypeVar("T")
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. ``found`` and ``wanted`` are fit for JSON, and so for a digest.

    ``sentences`` say the same to people.
    """

    field: str
    found: object
    wanted: object
    sentences: tuple[str, ...]


def differences(
    found: Fields, wanted: Fields, names: frozenset[str] = frozenset()
) -> tuple[Difference, ...]:
    """What a stored document says otherwise than MusicBrainz; ``names`` empty means all.

    Raises:
        TypeError: one is about a release and the other about an event.
    """
    if type(found) is not type(wanted):
        raise TypeError("a release cannot be compared with an event")
    if found == wanted:
        return ()
    found, wanted = _storable(found), _storable(wanted)
    if isinstance(found, EventFields) and isinstance(wanted, EventFields):
        wanted = _without_unrecorded_sort_names(found, wanted)
    theirs, ours = _values(found), _values(wanted)
    return tuple(
        Difference(name, theirs[name], ours[name], tuple(_sentences(name, theirs, ours)))
        for name in ours
        if theirs[name] != ours[name] and (not names or name in names)
    )


def _values(of: Fields) -> Values:
    """The values by name, fit for JSON; what has no order is sorted."""
    return _release_values(of) if isinstance(of, ReleaseFields) else _event_values(of)


def _release_values(of: ReleaseFields) -> Values:
    events = [{"date": event.date, "country": event.country} for event in of.events]
    return {
        "title": of.title,
        "status": of.status,
        "language": of.language,
        "artists": [
            {"mbid": a.mbid, "name": a.name, "sort name": a.sort_name, "country": a.country}
            for a in of.artists
        ],
        "events": sorted(events, key=repr),
        "barcode": of.barcode,
        "asin": of.asin,
        "artwork": {
            "artwork": of.artwork.artwork,
            "front": of.artwork.front,
            "back": of.artwork.back,
            "darkened": of.artwork.darkened,
        },
    }


def _event_values(of: EventFields) -> Values:
    return {
        "name": of.name,
        "setlist": of.setlist,
        "time": of.time,
        "cancelled": of.cancelled,
        "dates": {"begin": of.begin, "end": of.end},
        "type": of.type,
        "performers": _related(of, "artist"),
        "place": _related(of, "place"),
    }


def _related(of: EventFields, kind: str) -> list[Values]:
    relations = [_relation(relation) for relation in of.relations if relation.kind == kind]
    return sorted(relations, key=lambda relation: (_which(relation), repr(relation)))


def _relation(relation: Relation) -> Values:
    values = {
        "type": relation.type,
        "mbid": relation.mbid,
        "name": relation.name,
        "begin": relation.begin,
        "end": relation.end,
        **dict(sorted(relation.details)),
    }
    return {key: value for key, value in values.items() if value is not None}


def _sentences(name: str, found: Values, wanted: Values) -> Iterator[str]:
    describe = _DESCRIBED.get(name)
    if describe is None:
        yield _at_ia(name, found[name], wanted[name])
    else:
        yield from describe(name, found[name], wanted[name])


def _artists(name: str, found: list[Values], wanted: list[Values]) -> Iterator[str]:
    """Artist by artist if they are the same ones, otherwise who is who."""
    if [artist["mbid"] for artist in found] != [artist["mbid"] for artist in wanted]:
        yield _at_ia(name, _who(found), _who(wanted))
        return
    for place, (theirs, ours) in enumerate(zip(found, wanted, strict=True), start=1):
        yield from _by_key(f"artist {place}", theirs, ours)


def _who(artists: Iterable[Values]) -> str:
    return ", ".join(f"{artist['name']} ({artist['mbid']})" for artist in artists)


def _release_events(_name: str, found: list[Values], wanted: list[Values]) -> Iterator[str]:
    yield from _one_sided(map(_release_event, found), map(_release_event, wanted))


def _release_event(event: Values) -> str:
    return f"release event {event['date'] or 'undated'} in {event['country'] or 'no country'}"


def _relations(_name: str, found: list[Values], wanted: list[Values]) -> Iterator[str]:
    """Relation by relation if they are the same ones, otherwise which there are."""
    theirs, ours = list(map(_which, found)), list(map(_which, wanted))
    if theirs != ours:
        yield from _one_sided(theirs, ours)
        return
    for one, other in zip(found, wanted, strict=True):
        yield from _by_key(_which(other), one, other)


def _which(relation: Values) -> str:
    return f"{relation['type']} {relation['mbid']}"


def _one_sided(found: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    theirs, ours = Counter(found), Counter(wanted)
    for what in sorted((theirs - ours).elements()):
        yield f"{plain(what)}: at IA only"
    for what in sorted((ours - theirs).elements()):
        yield f"{plain(what)}: in MusicBrainz only"


def _by_key(subject: str, found: Values, wanted: Values) -> Iterator[str]:
    for key in dict.fromkeys([*wanted, *found]):
        one, other = found.get(key), wanted.get(key)
        if one != other:
            yield _at_ia(f"{plain(subject)}: {key}", one, other)


def _at_ia(what: str, found: object, wanted: object) -> str:
    theirs, ours = differ(found, wanted)
    return f"{what} {_or_none(found, theirs)} at IA, {_or_none(wanted, ours)} in MusicBrainz"


def _or_none(value: object, quoted: str) -> str:
    return "none" if value is None else quoted


_DESCRIBED: Final[Mapping[str, Callable[[str, Any, Any], Iterator[str]]]] = {
    "artists": _artists,
    "events": _release_events,
    "artwork": _by_key,
    "dates": _by_key,
    "performers": _relations,
    "place": _relations,
}


def _without_unrecorded_sort_names(found: EventFields, wanted: EventFields) -> EventFields:
    """Performers have sort names in today's documents; one without any lacks no name."""
    if any("sort name" in dict(relation.details) for relation in found.relations):
        return wanted
    relations = (
        replace(
            relation,
            details=tuple(detail for detail in relation.details if detail[0] != "sort name"),
        )
        for relation in wanted.relations
    )
    return replace(wanted, relations=tuple(relations))


def _storable(value: T) -> T:
    """The same with texts as a document can hold them."""
    return cast("T", _stored(value))


def _stored(value: Any) -> Any:  # noqa: ANN401 (walks through values of any type)
    if isinstance(value, str):
        return _IMPOSSIBLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, tuple):
        return tuple(map(_stored, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: _stored(getattr(value, field.name)) for field in fields(value)}
        )
    return value
