-- The triggers of MusicBrainz itself. A mirror has none of them.

CREATE TRIGGER end_date_implies_ended BEFORE INSERT OR UPDATE ON musicbrainz.area
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.end_date_implies_ended();
CREATE TRIGGER end_date_implies_ended BEFORE INSERT OR UPDATE ON musicbrainz.artist
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.end_date_implies_ended();
CREATE TRIGGER end_date_implies_ended BEFORE INSERT OR UPDATE ON musicbrainz.event
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.end_date_implies_ended();
CREATE TRIGGER end_date_implies_ended BEFORE INSERT OR UPDATE ON musicbrainz.link
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.end_date_implies_ended();
CREATE TRIGGER end_date_implies_ended BEFORE INSERT OR UPDATE ON musicbrainz.place
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.end_date_implies_ended();

CREATE TRIGGER b_upd_area BEFORE UPDATE ON musicbrainz.area
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_artist BEFORE UPDATE ON musicbrainz.artist
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_event BEFORE UPDATE ON musicbrainz.event
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_place BEFORE UPDATE ON musicbrainz.place
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_release BEFORE UPDATE ON musicbrainz.release
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_release_group BEFORE UPDATE ON musicbrainz.release_group
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_l_artist_event BEFORE UPDATE ON musicbrainz.l_artist_event
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();
CREATE TRIGGER b_upd_l_event_place BEFORE UPDATE ON musicbrainz.l_event_place
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.b_upd_last_updated_table();

CREATE TRIGGER check_editor BEFORE INSERT ON musicbrainz.edit
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.check_editor_of_edit();

CREATE TRIGGER a_ins_release AFTER INSERT ON musicbrainz.release
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_ins_release();
CREATE TRIGGER a_upd_release AFTER UPDATE ON musicbrainz.release
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_upd_release();
CREATE TRIGGER a_ins_event AFTER INSERT ON musicbrainz.event
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_ins_event();

CREATE TRIGGER a_ins_release_event AFTER INSERT ON musicbrainz.release_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_ins_release_event();
CREATE TRIGGER a_upd_release_event AFTER UPDATE ON musicbrainz.release_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_upd_release_event();
CREATE TRIGGER a_del_release_event AFTER DELETE ON musicbrainz.release_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_del_release_event();
CREATE TRIGGER a_ins_release_event AFTER INSERT ON musicbrainz.release_unknown_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_ins_release_event();
CREATE TRIGGER a_upd_release_event AFTER UPDATE ON musicbrainz.release_unknown_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_upd_release_event();
CREATE TRIGGER a_del_release_event AFTER DELETE ON musicbrainz.release_unknown_country
    FOR EACH ROW EXECUTE FUNCTION musicbrainz.a_del_release_event();

CREATE TRIGGER update_release_coverart AFTER INSERT OR DELETE ON cover_art_archive.cover_art
    FOR EACH ROW EXECUTE FUNCTION cover_art_archive.update_release_coverart();
CREATE CONSTRAINT TRIGGER resquence_cover_art
    AFTER INSERT OR UPDATE OR DELETE ON cover_art_archive.cover_art
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cover_art_archive.resequence_cover_art_trigger();

CREATE TRIGGER update_event_art AFTER INSERT OR DELETE ON event_art_archive.event_art
    FOR EACH ROW EXECUTE FUNCTION event_art_archive.update_event_art();
CREATE CONSTRAINT TRIGGER resquence_event_art
    AFTER INSERT OR UPDATE OR DELETE ON event_art_archive.event_art
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION event_art_archive.resequence_event_art_trigger();
