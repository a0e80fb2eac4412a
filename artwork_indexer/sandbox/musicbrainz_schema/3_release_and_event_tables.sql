-- Schema musicbrainz: releases and events with what belongs to them, and replication.

CREATE TABLE musicbrainz.release (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name varchar NOT NULL,
    artist_credit integer NOT NULL,
    release_group integer NOT NULL,
    status integer,
    packaging integer,
    language integer,
    script integer,
    barcode varchar(255),
    comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    quality smallint NOT NULL DEFAULT -1,
    last_updated timestamptz DEFAULT now()
);
CREATE UNIQUE INDEX release_idx_gid ON musicbrainz.release (gid);
CREATE INDEX release_idx_artist_credit ON musicbrainz.release (artist_credit);
CREATE INDEX release_idx_release_group ON musicbrainz.release (release_group);

CREATE TABLE musicbrainz.release_gid_redirect (
    gid uuid PRIMARY KEY,
    new_id integer NOT NULL,
    created timestamptz DEFAULT now()
);
CREATE INDEX release_gid_redirect_idx_new_id ON musicbrainz.release_gid_redirect (new_id);

CREATE TABLE musicbrainz.release_meta (
    id integer PRIMARY KEY,
    date_added timestamptz DEFAULT now(),
    info_url varchar(255),
    amazon_asin varchar(10),
    cover_art_presence musicbrainz.cover_art_presence NOT NULL DEFAULT 'absent'
);

CREATE TABLE musicbrainz.release_country (
    release integer NOT NULL,
    country integer NOT NULL,
    date_year smallint,
    date_month smallint,
    date_day smallint,
    PRIMARY KEY (release, country)
);
CREATE INDEX release_country_idx_country ON musicbrainz.release_country (country);

CREATE TABLE musicbrainz.release_unknown_country (
    release integer PRIMARY KEY,
    date_year smallint,
    date_month smallint,
    date_day smallint
);

CREATE TABLE musicbrainz.release_first_release_date (
    release integer PRIMARY KEY,
    year smallint,
    month smallint,
    day smallint
);

CREATE VIEW musicbrainz.release_event AS
    SELECT release, date_year, date_month, date_day, country
    FROM musicbrainz.release_country
    UNION ALL
    SELECT release, date_year, date_month, date_day, NULL
    FROM musicbrainz.release_unknown_country;

CREATE TABLE musicbrainz.event (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name varchar NOT NULL,
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    time time without time zone,
    type integer,
    cancelled boolean NOT NULL DEFAULT false,
    setlist text,
    comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    ended boolean NOT NULL DEFAULT false,
    CONSTRAINT event_ended_check CHECK (ended OR (
        end_date_year IS NULL AND end_date_month IS NULL AND end_date_day IS NULL
    ))
);
CREATE UNIQUE INDEX event_idx_gid ON musicbrainz.event (gid);

CREATE TABLE musicbrainz.event_gid_redirect (
    gid uuid PRIMARY KEY,
    new_id integer NOT NULL,
    created timestamptz DEFAULT now()
);
CREATE INDEX event_gid_redirect_idx_new_id ON musicbrainz.event_gid_redirect (new_id);

CREATE TABLE musicbrainz.event_meta (
    id integer PRIMARY KEY,
    rating smallint CHECK (rating BETWEEN 0 AND 100),
    rating_count integer,
    event_art_presence musicbrainz.event_art_presence NOT NULL DEFAULT 'absent'
);

CREATE TABLE musicbrainz.replication_control (
    id serial PRIMARY KEY,
    current_schema_sequence integer NOT NULL,
    current_replication_sequence integer,
    last_replication_date timestamptz
);

-- Captured changes: on a mirror there are rows only while a packet is applied.

CREATE SCHEMA dbmirror2;

CREATE TABLE dbmirror2.pending_keys (
    tablename text PRIMARY KEY,
    keys text[] NOT NULL
);

CREATE TABLE dbmirror2.pending_ts (
    xid bigint PRIMARY KEY,
    ts timestamptz NOT NULL
);

CREATE TABLE dbmirror2.pending_data (
    seqid bigserial PRIMARY KEY,
    tablename text NOT NULL,
    op "char" NOT NULL CHECK (op IN ('i', 'u', 'd')),
    xid bigint NOT NULL,
    olddata json,
    newdata json,
    oldctid tid,
    trgdepth integer
);
CREATE INDEX pending_data_idx_xid_seqid ON dbmirror2.pending_data (xid, seqid);
