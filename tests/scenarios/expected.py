"""What the contract says must be sent, written out from its text and not from the program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from artwork_indexer.sandbox.internet_archive import Entry

R1 = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
R2 = "2198f7b1-658c-4217-8cae-f63abe0b2391"
R3 = "41f27dcf-f012-4c91-afc0-0531e196bbda"
E1 = "e2aad65a-12e0-44ec-b693-94d225154e90"
E2 = "a0f19ff3-e140-417f-81c6-2a7466eeea0a"
E3 = "f5c9461c-e5b4-4152-9458-d9a74baa7161"

Image = dict[str, object]

OF_THE_CONNECTION = frozenset({"host", "accept", "accept-encoding", "user-agent", "content-length"})
"""Headers of any HTTP client; everything else is the contract's."""


@dataclass(frozen=True)
class Side:
    """One of the two archives, as the contract describes it."""

    entity: str
    domain: str
    collection: str
    includes: str
    keys: str

    def index_headers(self) -> dict[str, str]:
        return {
            "authorization": self.keys,
            "content-type": "application/json; charset=UTF-8",
            "x-archive-auto-make-bucket": "1",
            "x-archive-keep-old-version": "1",
            **self._meta(),
        }

    def xml_headers(self) -> dict[str, str]:
        return {
            "authorization": self.keys,
            "content-type": "application/xml; charset=UTF-8",
            "x-archive-auto-make-bucket": "1",
            **self._meta(),
        }

    def copy_headers(self, old: str, name: str) -> dict[str, str]:
        return {
            "authorization": self.keys,
            "x-amz-copy-source": f"/mbid-{old}/mbid-{old}-{name}",
            "x-archive-auto-make-bucket": "1",
            "x-archive-keep-old-version": "1",
            **self._meta(),
        }

    def delete_headers(self) -> dict[str, str]:
        return {
            "authorization": self.keys,
            "x-archive-keep-old-version": "1",
            "x-archive-cascade-delete": "1",
        }

    def _meta(self) -> dict[str, str]:
        return {
            "x-archive-meta-collection": self.collection,
            "x-archive-meta-mediatype": "image",
            "x-archive-meta-noindex": "true",
        }

    def image(
        self,
        gid: str,
        number: int,
        *,
        suffix: str = "jpg",
        comment: str = "",
        edit: int = 1,
        front: bool = False,
        back: bool = False,
        types: Sequence[str] = (),
        approved: bool = False,
    ) -> Image:
        """One object of index.json; ``back`` is there for releases only."""
        url = f"https://{self.domain}/{self.entity}/{gid}/{number}"
        thumbnails = {size: f"{url}-{size}.jpg" for size in ("250", "500", "1200")}
        return {
            "approved": approved,
            **({"back": back} if self.entity == "release" else {}),
            "comment": comment,
            "edit": edit,
            "front": front,
            "id": number,
            "image": f"{url}.{suffix}",
            "thumbnails": {
                **thumbnails,
                "large": thumbnails["500"],
                "small": thumbnails["250"],
            },
            "types": list(types),
        }

    def index_json(self, gid: str, images: Sequence[Image]) -> bytes:
        url = f"https://musicbrainz.org/{self.entity}/{gid}"
        return json.dumps({"images": list(images), self.entity: url}, sort_keys=True).encode()

    def get(self, gid: str) -> str:
        return f"GET /ws/2/{self.entity}/{gid}?inc={self.includes}"

    def reindex(self, gid: str) -> list[str]:
        """The three requests of an index job."""
        return [self.get(gid), put(gid, "index.json"), put(gid, f"mbid-{gid}_mb_metadata.xml")]


CAA = Side("release", "coverartarchive.org", "coverartarchive", "artists", "LOW caa_user:caa_pass")
EAA = Side(
    "event",
    "eventartarchive.org",
    "eventartarchive",
    "artist-rels+place-rels",
    "LOW eaa_user:eaa_pass",
)


def put(gid: str, name: str) -> str:
    return f"PUT /s3/mbid-{gid}/{name}"


def delete(gid: str, name: str) -> str:
    return f"DELETE /s3/mbid-{gid}/{name}"


def original(gid: str, number: int, suffix: str = "jpg") -> str:
    return f"mbid-{gid}-{number}.{suffix}"


def contract_headers(entry: Entry) -> dict[str, str]:
    """The headers of a request, in the case they were sent, without those of any client."""
    return {name: value for name, value in entry.headers if name.lower() not in OF_THE_CONNECTION}


def document(entity: str, gid: str, text: str = "Ünï 𝄞") -> bytes:
    """An answer of the web service about this entity."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><{entity} id="{gid}">'
        f"<title>{text}</title></{entity}></metadata>\n"
    ).encode()
