-- Schema musicbrainz: areas, artists, release groups, places, links, editors and edits.

CREATE TABLE musicbrainz.area (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name varchar NOT NULL,
    type integer,
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    ended boolean NOT NULL DEFAULT false,
    comment varchar(255) NOT NULL DEFAULT '',
    CONSTRAINT area_ended_check CHECK (ended OR (
        end_date_year IS NULL AND end_date_month IS NULL AND end_date_day IS NULL
    ))
);

CREATE TABLE musicbrainz.country_area (
    area integer PRIMARY KEY
);

CREATE TABLE musicbrainz.iso_3166_1 (
    area integer NOT NULL,
    code char(2) PRIMARY KEY
);
CREATE INDEX iso_3166_1_idx_area ON musicbrainz.iso_3166_1 (area);

CREATE TABLE musicbrainz.artist (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name varchar NOT NULL,
    sort_name varchar NOT NULL,
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    type integer,
    area integer,
    gender integer,
    comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    ended boolean NOT NULL DEFAULT false,
    begin_area integer,
    end_area integer,
    CONSTRAINT artist_ended_check CHECK (ended OR (
        end_date_year IS NULL AND end_date_month IS NULL AND end_date_day IS NULL
    ))
);
CREATE UNIQUE INDEX artist_idx_gid ON musicbrainz.artist (gid);
CREATE INDEX artist_idx_area ON musicbrainz.artist (area);

CREATE TABLE musicbrainz.artist_credit (
    id serial PRIMARY KEY,
    name varchar NOT NULL,
    artist_count smallint NOT NULL,
    ref_count integer DEFAULT 0,
    created timestamptz DEFAULT now(),
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    gid uuid NOT NULL
);
CREATE UNIQUE INDEX artist_credit_idx_gid ON musicbrainz.artist_credit (gid);

CREATE TABLE musicbrainz.artist_credit_name (
    artist_credit integer NOT NULL,
    position smallint NOT NULL,
    artist integer NOT NULL,
    name varchar NOT NULL,
    join_phrase text NOT NULL DEFAULT '',
    PRIMARY KEY (artist_credit, position)
);
CREATE INDEX artist_credit_name_idx_artist ON musicbrainz.artist_credit_name (artist);

CREATE TABLE musicbrainz.release_group (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name varchar NOT NULL,
    artist_credit integer NOT NULL,
    type integer,
    comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now()
);
CREATE UNIQUE INDEX release_group_idx_gid ON musicbrainz.release_group (gid);
CREATE INDEX release_group_idx_artist_credit ON musicbrainz.release_group (artist_credit);

CREATE TABLE musicbrainz.place (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name varchar NOT NULL,
    type integer,
    address varchar NOT NULL DEFAULT '',
    area integer,
    coordinates point,
    comment varchar(255) NOT NULL DEFAULT '',
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    ended boolean NOT NULL DEFAULT false,
    CONSTRAINT place_ended_check CHECK (ended OR (
        end_date_year IS NULL AND end_date_month IS NULL AND end_date_day IS NULL
    ))
);
CREATE UNIQUE INDEX place_idx_gid ON musicbrainz.place (gid);

CREATE TABLE musicbrainz.link (
    id serial PRIMARY KEY,
    link_type integer NOT NULL,
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    attribute_count integer NOT NULL DEFAULT 0,
    created timestamptz DEFAULT now(),
    ended boolean NOT NULL DEFAULT false,
    CONSTRAINT link_ended_check CHECK (ended OR (
        end_date_year IS NULL AND end_date_month IS NULL AND end_date_day IS NULL
    ))
);

CREATE TABLE musicbrainz.l_artist_event (
    id serial PRIMARY KEY,
    link integer NOT NULL,
    entity0 integer NOT NULL,
    entity1 integer NOT NULL,
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    link_order integer NOT NULL DEFAULT 0 CHECK (link_order >= 0),
    entity0_credit text NOT NULL DEFAULT '',
    entity1_credit text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX l_artist_event_idx_uniq
    ON musicbrainz.l_artist_event (entity0, entity1, link, link_order);
CREATE INDEX l_artist_event_idx_entity1 ON musicbrainz.l_artist_event (entity1);

CREATE TABLE musicbrainz.l_event_place (
    id serial PRIMARY KEY,
    link integer NOT NULL,
    entity0 integer NOT NULL,
    entity1 integer NOT NULL,
    edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0),
    last_updated timestamptz DEFAULT now(),
    link_order integer NOT NULL DEFAULT 0 CHECK (link_order >= 0),
    entity0_credit text NOT NULL DEFAULT '',
    entity1_credit text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX l_event_place_idx_uniq
    ON musicbrainz.l_event_place (entity0, entity1, link, link_order);
CREATE INDEX l_event_place_idx_entity1 ON musicbrainz.l_event_place (entity1);

CREATE TABLE musicbrainz.editor (
    id serial PRIMARY KEY,
    name varchar(64) NOT NULL,
    privs integer DEFAULT 0,
    email varchar(64) DEFAULT NULL,
    website varchar(255) DEFAULT NULL,
    bio text DEFAULT NULL,
    member_since timestamptz DEFAULT now(),
    email_confirm_date timestamptz,
    last_login_date timestamptz DEFAULT now(),
    last_updated timestamptz DEFAULT now(),
    birth_date date,
    gender integer,
    area integer,
    password varchar(128) NOT NULL,
    ha1 char(32) NOT NULL,
    deleted boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX editor_idx_name ON musicbrainz.editor (lower(name));

CREATE TABLE musicbrainz.edit (
    id serial PRIMARY KEY,
    editor integer NOT NULL,
    type smallint NOT NULL,
    status smallint NOT NULL,
    autoedit smallint NOT NULL DEFAULT 0,
    open_time timestamptz DEFAULT now(),
    close_time timestamptz,
    expire_time timestamptz NOT NULL,
    language integer,
    quality smallint NOT NULL DEFAULT 1
);
CREATE INDEX edit_idx_editor ON musicbrainz.edit (editor);

CREATE TABLE musicbrainz.edit_data (
    edit integer PRIMARY KEY,
    data jsonb NOT NULL
);
