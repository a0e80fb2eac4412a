-- a release comes out where no release of the world does
INSERT INTO musicbrainz.area (gid, name, type) VALUES (gen_random_uuid(), 'Antarctica', 1);
INSERT INTO musicbrainz.country_area (area) SELECT max(id) FROM musicbrainz.area;
INSERT INTO musicbrainz.iso_3166_1 (area, code) SELECT max(id), 'AQ' FROM musicbrainz.area;
INSERT INTO musicbrainz.release_country (release, country, date_year)
SELECT release.id, (SELECT max(id) FROM musicbrainz.area), 2024
  FROM musicbrainz.release WHERE gid = %(gid)s;
