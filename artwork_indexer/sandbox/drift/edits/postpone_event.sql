-- an event takes place ten years later
UPDATE musicbrainz.event
   SET begin_date_year = begin_date_year + 10, end_date_year = end_date_year + 10
 WHERE gid = %(gid)s;
