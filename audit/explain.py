"""Tells people how an index.json differs from the one MusicBrainz wants.

For reading only: what is right or wrong is decided in :mod:`audit.compare_index`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from audit.findings import Finding, Severity, plain
from audit.index_document import Document, entry_id
from audit.wording import differ, image, is_http_form

MOST_IMAGES: Final = 200
"""Comparing takes some milliseconds for each ten images."""
MOST_SENTENCES: Final = 20

Json = Mapping[str, Any]


def with_explanations(findings: list[Finding], document: Document, wanted: Json) -> list[Finding]:
    """The findings; the first about each image, and the first about none, explained in full."""
    first = {
        finding.image_id: finding
        for finding in reversed(findings)
        if finding.kind.severity is not Severity.FORMAT
    }
    if not first or len(document.entries) > MOST_IMAGES:
        return findings
    told = list(sentences(document, wanted))
    return [
        replace(finding, explanation=_about(finding, told))
        if finding is first.get(finding.image_id)
        else finding
        for finding in findings
    ]


def sentences(document: Document, wanted: Json) -> Iterator[tuple[int | None, str]]:
    """Each difference with the image it is about; None is the document itself.

    That URLs begin with http goes without saying.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415 (slow to import, and seldom needed)

    found = document.value if isinstance(document.value, dict) else {}
    tree = DeepDiff(_by_image(found), _by_image(wanted), view="tree", threshold_to_diff_deeper=0)
    for kind, changes in tree.items():
        for change in changes:
            if is_http_form(change.t1, change.t2):
                continue
            yield _sentence(kind, change.path(output_format="list"), change.t1, change.t2)


def _about(finding: Finding, told: list[tuple[int | None, str]]) -> tuple[str, ...]:
    lines = [line for about, line in told if about == finding.image_id]
    return tuple(lines[:MOST_SENTENCES])


def _by_image(document: Json) -> dict[str, Any]:
    """Images by id instead of place, and types without an order."""
    images = document.get("images")
    entries = images if isinstance(images, list) else []
    return {
        **{key: value for key, value in document.items() if key != "images"},
        "images": {
            number: _without_order(entry)
            for entry in entries
            if (number := entry_id(entry)) is not None
        },
    }


def _without_order(entry: Json) -> dict[str, Any]:
    types = entry.get("types")
    if not isinstance(types, list):
        return dict(entry)
    return {**entry, "types": sorted(map(str, types))}


def _sentence(kind: str, path: list[Any], here: Any, there: Any) -> tuple[int | None, str]:  # noqa: ANN401 (values of any type)
    number = path[1] if path[0] == "images" and len(path) > 1 else None
    names = path if number is None else path[2:]
    what = " ".join(
        [*([] if number is None else [f"{image(number)}:"]), *(plain(str(name)) for name in names)]
    )
    if kind.endswith("_added"):
        return number, f"{what} in MusicBrainz only".replace(": in", " in")
    if kind.endswith("_removed"):
        return number, f"{what} at IA only".replace(": at", " at")
    theirs, ours = differ(here, there)
    return number, f"{what} {theirs} at IA, {ours} in MusicBrainz"
