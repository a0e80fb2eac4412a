-- Where images and merges begin that are not there yet.
SELECT coalesce((SELECT max(image.id) FROM cover_art_archive.cover_art AS image
                  WHERE image.id <= %(newest)s), 0) AS images,
       jsonb_build_array(
           coalesce((SELECT max(redirect.created) FROM musicbrainz.release_gid_redirect AS redirect
                      WHERE redirect.created <= now()), '-infinity'),
           'ffffffff-ffff-ffff-ffff-ffffffffffff') AS merges
