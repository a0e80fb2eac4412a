"""The daemon audits items around every recorded generation of index.json."""

from __future__ import annotations

import pytest

from artwork_indexer.archive import names
from tests.audit.recorded_fixtures import RecordedStage, make_record
from tests.audit.recorded_rows import Release, images_of_index
from tests.recorded import recorded

pytest_plugins = ["tests.audit.recorded_plugin"]

OTHER_BYTES, ENTITY_HTTP = "index-other-bytes", "index-entity-url-http"
IMAGES_HTTP, NO_KEYS = "index-image-urls-http", "index-thumbnail-keys-absent"
ID_TEXT, MISSING_KEY = "image-id-text", "index-missing-key"
OLD_FORMS = {ENTITY_HTTP: 1, IMAGES_HTTP: 1, NO_KEYS: 1, OTHER_BYTES: 1}

GENERATIONS: dict[str, tuple[str, dict[str, int]]] = {
    "python_2025": ("clean", {}),
    "perl_2015": ("deferred", {ID_TEXT: 9, **OLD_FORMS}),
    "perl_2012": ("deferred", {ID_TEXT: 2, **OLD_FORMS}),
    "perl_2020": ("clean", {IMAGES_HTTP: 1, OTHER_BYTES: 1}),
    "reindented_perl": ("clean", {IMAGES_HTTP: 1, OTHER_BYTES: 1}),
    "partial_perl_2016": (
        "deferred",
        {ID_TEXT: 1, IMAGES_HTTP: 1, NO_KEYS: 1, OTHER_BYTES: 1},
    ),
    "trimmed_python_2024": ("deferred", {MISSING_KEY: 1, OTHER_BYTES: 1}),
}


async def serve_generations(stage: RecordedStage) -> dict[str, str]:
    """One healthy item around each recorded index.json; returns its MBIDs by name."""
    gids = {}
    for name in GENERATIONS:
        index = recorded(f"index_json/{name}_*.json")
        images = images_of_index(index)
        gid = gids[name] = images[0]["image"].split("/")[4]
        release = stage.musicbrainz.release(Release(gid=gid, title=name))
        stage.musicbrainz.images("release", release, images)
        files = {"index.json": index, names.metadata_xml(gid): await stage.document(gid)}
        stage.outside.bodies[f"/metadata/mbid-{gid}"] = make_record(gid, images, files)
        for file, body in files.items():
            stage.outside.bodies[f"/download/mbid-{gid}/{file}"] = body
        await stage.watch(gid)
    return gids


async def test_each_generation_of_index_json(stage: RecordedStage) -> None:
    gids = await serve_generations(stage)
    assert await stage.run() == 0
    assert {name: stage.verdict(gid) for name, gid in gids.items()} == GENERATIONS
    assert stage.methods == {"GET"}
    assert stage.outside.asked(f"/download/mbid-{gids['python_2025']}") == []


@pytest.mark.parametrize("format_budget", ["0", "100"])
async def test_each_generation_is_repaired_as_far_as_it_is_wanted(
    stage: RecordedStage, format_budget: str
) -> None:
    gids = await serve_generations(stage)
    stage.settings |= {"mode": "repair", "format_repairs_per_day": format_budget}
    assert await stage.run() == 0
    wanted = {
        f"mbid-{gids[name]}/index.json"
        for name, (status, kinds) in GENERATIONS.items()
        if status == "deferred" or (kinds and format_budget != "0")
    }
    assert stage.outside.written.keys() == wanted
    for name, gid in gids.items():
        written = stage.outside.written.get(f"mbid-{gid}/index.json")
        if written is None:
            assert stage.verdict(gid) == GENERATIONS[name]
        else:
            assert written == (await stage.expected(gid)).index_bytes
            assert stage.verdict(gid) == ("clean", {})
