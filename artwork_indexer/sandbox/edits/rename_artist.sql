-- an artist gets another name
UPDATE musicbrainz.artist SET name = name || ' & friends'
 WHERE id = (SELECT credited.artist
               FROM musicbrainz.release
               JOIN musicbrainz.artist_credit_name AS credited
                 ON credited.artist_credit = release.artist_credit
              WHERE release.gid = %(gid)s
              ORDER BY credited.position LIMIT 1);
