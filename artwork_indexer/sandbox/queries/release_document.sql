-- Everything the web service says about one release, found by its gid or by a redirect.
SELECT json_build_object(
    'gid', release.gid,
    'title', release.name,
    'status', status.name,
    'status_gid', status.gid,
    'quality', release.quality,
    'disambiguation', release.comment,
    'packaging', packaging.name,
    'packaging_gid', packaging.gid,
    'language', coalesce(language.iso_code_3, language.iso_code_2t),
    'script', script.iso_code,
    'barcode', release.barcode,
    'asin', meta.amazon_asin,
    'presence', coalesce(meta.cover_art_presence, 'absent'),
    'images', art.images,
    'front', art.front,
    'back', art.back,
    'credits', (
        SELECT json_agg(json_build_object(
            'name', credit.name,
            'join_phrase', credit.join_phrase,
            'gid', artist.gid,
            'artist', artist.name,
            'sort_name', artist.sort_name,
            'disambiguation', artist.comment,
            'type', artist_type.name,
            'type_gid', artist_type.gid,
            'country', (
                SELECT min(code) FROM musicbrainz.iso_3166_1 WHERE area = artist.area
            )
        ) ORDER BY credit.position)
        FROM musicbrainz.artist_credit_name AS credit
        JOIN musicbrainz.artist ON artist.id = credit.artist
        LEFT JOIN musicbrainz.artist_type ON artist_type.id = artist.type
        WHERE credit.artist_credit = release.artist_credit
    ),
    'events', (
        SELECT json_agg(json_build_object(
            'date', json_build_array(date_year, date_month, date_day),
            'gid', area.gid,
            'name', area.name,
            'disambiguation', area.comment,
            'codes', (
                SELECT json_agg(code ORDER BY code)
                FROM musicbrainz.iso_3166_1
                WHERE iso_3166_1.area = release_event.country
            )
        ) ORDER BY date_year, date_month, date_day, area.name)
        FROM musicbrainz.release_event
        LEFT JOIN musicbrainz.area ON area.id = release_event.country
        WHERE release_event.release = release.id
    )
)
FROM musicbrainz.release
LEFT JOIN musicbrainz.release_status AS status ON status.id = release.status
LEFT JOIN musicbrainz.release_packaging AS packaging ON packaging.id = release.packaging
LEFT JOIN musicbrainz.language ON language.id = release.language
LEFT JOIN musicbrainz.script ON script.id = release.script
LEFT JOIN musicbrainz.release_meta AS meta ON meta.id = release.id
CROSS JOIN LATERAL (
    SELECT
        count(DISTINCT cover_art.id) AS images,
        count(*) FILTER (WHERE cover_art_type.type_id = 1) > 0 AS front,
        count(*) FILTER (WHERE cover_art_type.type_id = 2) > 0 AS back
    FROM cover_art_archive.cover_art
    LEFT JOIN cover_art_archive.cover_art_type ON cover_art_type.id = cover_art.id
    WHERE cover_art.release = release.id
) AS art
WHERE release.id = (
    SELECT id FROM musicbrainz.release WHERE gid = %(gid)s::uuid
    UNION ALL
    SELECT new_id FROM musicbrainz.release_gid_redirect WHERE gid = %(gid)s::uuid
    LIMIT 1
)
