"""The one builder of ``index.json``, for the daemon that writes it and the audit that judges it.

The bytes matter, not only the values: the audit compares their MD5 with the one the
Internet Archive lists, so every change here rewrites every item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artwork_indexer.projects import Project


@dataclass(frozen=True, slots=True)
class Image:
    """One row of ``index_listing``.

    ``back`` is None in an archive whose view has no ``is_back``; ``types`` keep the
    order in which the view gives them.
    """

    id: int
    suffix: str
    approved: bool
    front: bool
    back: bool | None
    comment: str
    edit: int
    types: tuple[str, ...]


def image_from_row(row: Mapping[str, Any]) -> Image:
    """An image from a row whose columns have the names of its fields."""
    return Image(
        id=row["id"],
        suffix=row["suffix"],
        approved=row["approved"],
        front=row["front"],
        back=row["back"],
        comment=row["comment"],
        edit=row["edit"],
        types=tuple(row["types"]),
    )


def build(project: Project, gid: str, images: Sequence[Image]) -> dict[str, object]:
    """The document for one entity; ``images`` come in the order in which they are shown."""
    entity = f"https://{project.domain}/{project.entity_type}/{gid}"
    return {
        "images": [_entry(project, entity, image) for image in images],
        project.entity_type: f"https://musicbrainz.org/{project.entity_type}/{gid}",
    }


def serialize(document: dict[str, object]) -> bytes:
    r"""Sorted keys, ``", "`` and ``": "``, everything outside ASCII as ``\uXXXX``."""
    return json.dumps(document, sort_keys=True).encode()


def _entry(project: Project, entity: str, image: Image) -> dict[str, object]:
    url = f"{entity}/{image.id}"
    entry: dict[str, object] = {
        "approved": image.approved,
        "comment": image.comment,
        "edit": image.edit,
        "front": image.front,
        "id": image.id,
        "image": f"{url}.{image.suffix}",
        "thumbnails": {
            "1200": f"{url}-1200.jpg",
            "250": f"{url}-250.jpg",
            "500": f"{url}-500.jpg",
            "large": f"{url}-500.jpg",
            "small": f"{url}-250.jpg",
        },
        "types": list(image.types),
    }
    if project.has_back:
        entry["back"] = bool(image.back)
    return entry
