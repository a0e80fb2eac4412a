-- Schemas cover_art_archive and event_art_archive with their index_listing views.

CREATE SCHEMA cover_art_archive;

CREATE TABLE cover_art_archive.art_type (
    id serial PRIMARY KEY,
    name text NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE cover_art_archive.image_type (
    mime_type text PRIMARY KEY,
    suffix text NOT NULL
);

CREATE TABLE cover_art_archive.cover_art (
    id bigint PRIMARY KEY,
    release integer NOT NULL,
    comment text NOT NULL DEFAULT '',
    edit integer NOT NULL,
    ordering integer NOT NULL CHECK (ordering > 0),
    date_uploaded timestamptz NOT NULL DEFAULT now(),
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    mime_type text NOT NULL,
    filesize integer,
    thumb_250_filesize integer,
    thumb_500_filesize integer,
    thumb_1200_filesize integer
);
CREATE INDEX cover_art_idx_release ON cover_art_archive.cover_art (release);

CREATE TABLE cover_art_archive.cover_art_type (
    id bigint NOT NULL,
    type_id integer NOT NULL,
    PRIMARY KEY (id, type_id)
);

CREATE TABLE cover_art_archive.release_group_cover_art (
    release_group integer PRIMARY KEY,
    release integer NOT NULL
);

-- Ties in ordering are broken arbitrarily, as they are in MusicBrainz.
CREATE VIEW cover_art_archive.index_listing AS
    SELECT
        art.*,
        edit.close_time IS NOT NULL AS approved,
        coalesce(art.id = (
            SELECT front.id
            FROM cover_art_archive.cover_art AS front
            JOIN cover_art_archive.cover_art_type AS front_type ON front_type.id = front.id
            WHERE front.release = art.release AND front_type.type_id = 1
            ORDER BY front.ordering
            LIMIT 1
        ), false) AS is_front,
        coalesce(art.id = (
            SELECT back.id
            FROM cover_art_archive.cover_art AS back
            JOIN cover_art_archive.cover_art_type AS back_type ON back_type.id = back.id
            WHERE back.release = art.release AND back_type.type_id = 2
            ORDER BY back.ordering
            LIMIT 1
        ), false) AS is_back,
        ARRAY (
            SELECT art_type.name
            FROM cover_art_archive.cover_art_type
            JOIN cover_art_archive.art_type ON art_type.id = cover_art_type.type_id
            WHERE cover_art_type.id = art.id
        ) AS types
    FROM cover_art_archive.cover_art AS art
    LEFT JOIN musicbrainz.edit ON edit.id = art.edit;

CREATE SCHEMA event_art_archive;

CREATE TABLE event_art_archive.art_type (
    id serial PRIMARY KEY,
    name text NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE event_art_archive.event_art (
    id bigint PRIMARY KEY,
    event integer NOT NULL,
    comment text NOT NULL DEFAULT '',
    edit integer NOT NULL,
    ordering integer NOT NULL CHECK (ordering > 0),
    date_uploaded timestamptz NOT NULL DEFAULT now(),
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    mime_type text NOT NULL,
    filesize integer,
    thumb_250_filesize integer,
    thumb_500_filesize integer,
    thumb_1200_filesize integer
);
CREATE INDEX event_art_idx_event ON event_art_archive.event_art (event);

CREATE TABLE event_art_archive.event_art_type (
    id bigint NOT NULL,
    type_id integer NOT NULL,
    PRIMARY KEY (id, type_id)
);

CREATE VIEW event_art_archive.index_listing AS
    SELECT
        art.*,
        edit.close_time IS NOT NULL AS approved,
        coalesce(art.id = (
            SELECT front.id
            FROM event_art_archive.event_art AS front
            JOIN event_art_archive.event_art_type AS front_type ON front_type.id = front.id
            WHERE front.event = art.event AND front_type.type_id = 1
            ORDER BY front.ordering
            LIMIT 1
        ), false) AS is_front,
        ARRAY (
            SELECT art_type.name
            FROM event_art_archive.event_art_type
            JOIN event_art_archive.art_type ON art_type.id = event_art_type.type_id
            WHERE event_art_type.id = art.id
        ) AS types
    FROM event_art_archive.event_art AS art
    LEFT JOIN musicbrainz.edit ON edit.id = art.edit;
