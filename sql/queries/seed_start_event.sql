-- Where images and merges begin that are not there yet.
SELECT coalesce((SELECT max(image.id) FROM event_art_archive.event_art AS image
                  WHERE image.id <= %(newest)s), 0) AS images,
       jsonb_build_array(
           coalesce((SELECT max(redirect.created) FROM musicbrainz.event_gid_redirect AS redirect
                      WHERE redirect.created <= now()), '-infinity'),
           'ffffffff-ffff-ffff-ffff-ffffffffffff') AS merges
