-- Schema musicbrainz: the columns that artwork and its metadata depend on (schema sequence 31).

CREATE SCHEMA musicbrainz;

CREATE TYPE musicbrainz.cover_art_presence AS ENUM ('absent', 'present', 'darkened');
CREATE TYPE musicbrainz.event_art_presence AS ENUM ('absent', 'present', 'darkened');

CREATE TABLE musicbrainz.area_type (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.artist_type (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.gender (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.place_type (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.event_type (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.release_status (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.release_packaging (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.release_group_primary_type (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    description text,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE musicbrainz.language (
    id serial PRIMARY KEY,
    iso_code_2t char(3),
    iso_code_2b char(3),
    iso_code_1 char(2),
    name varchar(100) NOT NULL,
    frequency smallint NOT NULL DEFAULT 0,
    iso_code_3 char(3),
    CHECK (iso_code_2t IS NOT NULL OR iso_code_3 IS NOT NULL)
);

CREATE TABLE musicbrainz.script (
    id serial PRIMARY KEY,
    iso_code char(4) NOT NULL UNIQUE,
    iso_number char(3),
    name varchar(100) NOT NULL,
    frequency smallint NOT NULL DEFAULT 0
);

CREATE TABLE musicbrainz.link_type (
    id serial PRIMARY KEY,
    parent integer,
    child_order integer NOT NULL DEFAULT 0,
    gid uuid NOT NULL UNIQUE,
    entity_type0 varchar(50) NOT NULL,
    entity_type1 varchar(50) NOT NULL,
    name varchar(255) NOT NULL,
    description text,
    link_phrase varchar(255) NOT NULL DEFAULT '',
    reverse_link_phrase varchar(255) NOT NULL DEFAULT '',
    long_link_phrase varchar(255) NOT NULL DEFAULT '',
    last_updated timestamptz DEFAULT now(),
    is_deprecated boolean NOT NULL DEFAULT false,
    has_dates boolean NOT NULL DEFAULT true,
    entity0_cardinality smallint NOT NULL DEFAULT 0,
    entity1_cardinality smallint NOT NULL DEFAULT 0
);
