-- What MusicBrainz does by itself. A mirror has these functions, but no trigger calls them.

CREATE FUNCTION musicbrainz.b_upd_last_updated_table() RETURNS trigger AS $$
BEGIN
    NEW.last_updated := now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.end_date_implies_ended() RETURNS trigger AS $$
BEGIN
    IF num_nonnulls(NEW.end_date_year, NEW.end_date_month, NEW.end_date_day) > 0 THEN
        NEW.ended := true;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.check_editor_of_edit() RETURNS trigger AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1
        FROM musicbrainz.editor
        WHERE id = NEW.editor AND email_confirm_date <= now()
    ) THEN
        RAISE EXCEPTION 'Editor % has no confirmed e-mail address', NEW.editor;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_ins_release() RETURNS trigger AS $$
BEGIN
    INSERT INTO musicbrainz.release_meta (id) VALUES (NEW.id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_ins_event() RETURNS trigger AS $$
BEGIN
    INSERT INTO musicbrainz.event_meta (id) VALUES (NEW.id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

-- The row is written anew even if it stays the same; a cancelled release (status 6) has none.
CREATE FUNCTION musicbrainz.set_release_first_release_date(release_id integer) RETURNS void AS $$
BEGIN
    DELETE FROM musicbrainz.release_first_release_date WHERE release = release_id;
    INSERT INTO musicbrainz.release_first_release_date (release, year, month, day)
    SELECT release_event.release, date_year, date_month, date_day
    FROM musicbrainz.release_event
    JOIN musicbrainz.release ON release.id = release_event.release
    WHERE release_event.release = release_id AND release.status IS DISTINCT FROM 6
    ORDER BY date_year, date_month, date_day
    LIMIT 1;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_upd_release() RETURNS trigger AS $$
BEGIN
    IF (NEW.status IS NOT DISTINCT FROM 6) <> (OLD.status IS NOT DISTINCT FROM 6) THEN
        PERFORM musicbrainz.set_release_first_release_date(NEW.id);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_ins_release_event() RETURNS trigger AS $$
BEGIN
    PERFORM musicbrainz.set_release_first_release_date(NEW.release);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_upd_release_event() RETURNS trigger AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        PERFORM musicbrainz.set_release_first_release_date(OLD.release);
        IF NEW.release <> OLD.release THEN
            PERFORM musicbrainz.set_release_first_release_date(NEW.release);
        END IF;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION musicbrainz.a_del_release_event() RETURNS trigger AS $$
BEGIN
    PERFORM musicbrainz.set_release_first_release_date(OLD.release);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION cover_art_archive.update_release_coverart() RETURNS trigger AS $$
DECLARE
    release_id integer := CASE TG_OP WHEN 'DELETE' THEN OLD.release ELSE NEW.release END;
    presence musicbrainz.cover_art_presence;
BEGIN
    SELECT cover_art_presence INTO presence
    FROM musicbrainz.release_meta
    WHERE id = release_id;
    IF TG_OP = 'INSERT' THEN
        IF presence = 'darkened' THEN
            RAISE EXCEPTION 'Release % has its cover art darkened: no image can be added', release_id;
        ELSIF presence = 'absent' THEN
            UPDATE musicbrainz.release_meta SET cover_art_presence = 'present'
            WHERE id = release_id;
        END IF;
    ELSIF presence <> 'absent' AND NOT EXISTS (
        SELECT 1 FROM cover_art_archive.cover_art WHERE release = release_id
    ) THEN
        UPDATE musicbrainz.release_meta SET cover_art_presence = 'absent'
        WHERE id = release_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION cover_art_archive.resequence_positions(release_id integer) RETURNS void AS $$
    UPDATE cover_art_archive.cover_art AS art
    SET ordering = renumbered.place
    FROM (
        SELECT id, row_number() OVER (ORDER BY ordering) AS place
        FROM cover_art_archive.cover_art
        WHERE release = release_id
    ) AS renumbered
    WHERE art.id = renumbered.id AND art.ordering <> renumbered.place;
$$ LANGUAGE sql;

CREATE FUNCTION cover_art_archive.resequence_cover_art_trigger() RETURNS trigger AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM cover_art_archive.resequence_positions(OLD.release);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.release <> OLD.release) THEN
        PERFORM cover_art_archive.resequence_positions(NEW.release);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION event_art_archive.update_event_art() RETURNS trigger AS $$
DECLARE
    event_id integer := CASE TG_OP WHEN 'DELETE' THEN OLD.event ELSE NEW.event END;
    presence musicbrainz.event_art_presence;
BEGIN
    SELECT event_art_presence INTO presence
    FROM musicbrainz.event_meta
    WHERE id = event_id;
    IF TG_OP = 'INSERT' THEN
        IF presence = 'darkened' THEN
            RAISE EXCEPTION 'Event % has its event art darkened: no image can be added', event_id;
        ELSIF presence = 'absent' THEN
            UPDATE musicbrainz.event_meta SET event_art_presence = 'present'
            WHERE id = event_id;
        END IF;
    ELSIF presence <> 'absent' AND NOT EXISTS (
        SELECT 1 FROM event_art_archive.event_art WHERE event = event_id
    ) THEN
        UPDATE musicbrainz.event_meta SET event_art_presence = 'absent'
        WHERE id = event_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION event_art_archive.resequence_positions(event_id integer) RETURNS void AS $$
    UPDATE event_art_archive.event_art AS art
    SET ordering = renumbered.place
    FROM (
        SELECT id, row_number() OVER (ORDER BY ordering) AS place
        FROM event_art_archive.event_art
        WHERE event = event_id
    ) AS renumbered
    WHERE art.id = renumbered.id AND art.ordering <> renumbered.place;
$$ LANGUAGE sql;

CREATE FUNCTION event_art_archive.resequence_event_art_trigger() RETURNS trigger AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM event_art_archive.resequence_positions(OLD.event);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.event <> OLD.event) THEN
        PERFORM event_art_archive.resequence_positions(NEW.event);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
