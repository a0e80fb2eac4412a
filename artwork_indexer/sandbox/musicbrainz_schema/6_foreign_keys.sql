-- Foreign keys. A mirror has none of them.

ALTER TABLE musicbrainz.area_type
    ADD CONSTRAINT area_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.area_type (id);

ALTER TABLE musicbrainz.artist_type
    ADD CONSTRAINT artist_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.artist_type (id);

ALTER TABLE musicbrainz.gender
    ADD CONSTRAINT gender_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.gender (id);

ALTER TABLE musicbrainz.place_type
    ADD CONSTRAINT place_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.place_type (id);

ALTER TABLE musicbrainz.event_type
    ADD CONSTRAINT event_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.event_type (id);

ALTER TABLE musicbrainz.release_status
    ADD CONSTRAINT release_status_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.release_status (id);

ALTER TABLE musicbrainz.release_packaging
    ADD CONSTRAINT release_packaging_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.release_packaging (id);

ALTER TABLE musicbrainz.release_group_primary_type
    ADD CONSTRAINT release_group_primary_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.release_group_primary_type (id);

ALTER TABLE musicbrainz.link_type
    ADD CONSTRAINT link_type_fk_parent FOREIGN KEY (parent)
        REFERENCES musicbrainz.link_type (id);

ALTER TABLE musicbrainz.area
    ADD CONSTRAINT area_fk_type FOREIGN KEY (type)
        REFERENCES musicbrainz.area_type (id);

ALTER TABLE musicbrainz.country_area
    ADD CONSTRAINT country_area_fk_area FOREIGN KEY (area)
        REFERENCES musicbrainz.area (id);

ALTER TABLE musicbrainz.iso_3166_1
    ADD CONSTRAINT iso_3166_1_fk_area FOREIGN KEY (area)
        REFERENCES musicbrainz.area (id);

ALTER TABLE musicbrainz.artist
    ADD CONSTRAINT artist_fk_type FOREIGN KEY (type)
        REFERENCES musicbrainz.artist_type (id),
    ADD CONSTRAINT artist_fk_area FOREIGN KEY (area)
        REFERENCES musicbrainz.area (id),
    ADD CONSTRAINT artist_fk_gender FOREIGN KEY (gender)
        REFERENCES musicbrainz.gender (id),
    ADD CONSTRAINT artist_fk_begin_area FOREIGN KEY (begin_area)
        REFERENCES musicbrainz.area (id),
    ADD CONSTRAINT artist_fk_end_area FOREIGN KEY (end_area)
        REFERENCES musicbrainz.area (id);

ALTER TABLE musicbrainz.artist_credit_name
    ADD CONSTRAINT artist_credit_name_fk_artist_credit FOREIGN KEY (artist_credit)
        REFERENCES musicbrainz.artist_credit (id) ON DELETE CASCADE,
    ADD CONSTRAINT artist_credit_name_fk_artist FOREIGN KEY (artist)
        REFERENCES musicbrainz.artist (id) ON DELETE CASCADE;

ALTER TABLE musicbrainz.release_group
    ADD CONSTRAINT release_group_fk_artist_credit FOREIGN KEY (artist_credit)
        REFERENCES musicbrainz.artist_credit (id),
    ADD CONSTRAINT release_group_fk_type FOREIGN KEY (type)
        REFERENCES musicbrainz.release_group_primary_type (id);

ALTER TABLE musicbrainz.place
    ADD CONSTRAINT place_fk_type FOREIGN KEY (type)
        REFERENCES musicbrainz.place_type (id),
    ADD CONSTRAINT place_fk_area FOREIGN KEY (area)
        REFERENCES musicbrainz.area (id);

ALTER TABLE musicbrainz.link
    ADD CONSTRAINT link_fk_link_type FOREIGN KEY (link_type)
        REFERENCES musicbrainz.link_type (id);

ALTER TABLE musicbrainz.l_artist_event
    ADD CONSTRAINT l_artist_event_fk_link FOREIGN KEY (link)
        REFERENCES musicbrainz.link (id),
    ADD CONSTRAINT l_artist_event_fk_entity0 FOREIGN KEY (entity0)
        REFERENCES musicbrainz.artist (id),
    ADD CONSTRAINT l_artist_event_fk_entity1 FOREIGN KEY (entity1)
        REFERENCES musicbrainz.event (id);

ALTER TABLE musicbrainz.l_event_place
    ADD CONSTRAINT l_event_place_fk_link FOREIGN KEY (link)
        REFERENCES musicbrainz.link (id),
    ADD CONSTRAINT l_event_place_fk_entity0 FOREIGN KEY (entity0)
        REFERENCES musicbrainz.event (id),
    ADD CONSTRAINT l_event_place_fk_entity1 FOREIGN KEY (entity1)
        REFERENCES musicbrainz.place (id);

ALTER TABLE musicbrainz.editor
    ADD CONSTRAINT editor_fk_gender FOREIGN KEY (gender)
        REFERENCES musicbrainz.gender (id),
    ADD CONSTRAINT editor_fk_area FOREIGN KEY (area)
        REFERENCES musicbrainz.area (id);

ALTER TABLE musicbrainz.edit
    ADD CONSTRAINT edit_fk_editor FOREIGN KEY (editor)
        REFERENCES musicbrainz.editor (id),
    ADD CONSTRAINT edit_fk_language FOREIGN KEY (language)
        REFERENCES musicbrainz.language (id);

ALTER TABLE musicbrainz.edit_data
    ADD CONSTRAINT edit_data_fk_edit FOREIGN KEY (edit)
        REFERENCES musicbrainz.edit (id);

ALTER TABLE musicbrainz.release
    ADD CONSTRAINT release_fk_artist_credit FOREIGN KEY (artist_credit)
        REFERENCES musicbrainz.artist_credit (id),
    ADD CONSTRAINT release_fk_release_group FOREIGN KEY (release_group)
        REFERENCES musicbrainz.release_group (id),
    ADD CONSTRAINT release_fk_status FOREIGN KEY (status)
        REFERENCES musicbrainz.release_status (id),
    ADD CONSTRAINT release_fk_packaging FOREIGN KEY (packaging)
        REFERENCES musicbrainz.release_packaging (id),
    ADD CONSTRAINT release_fk_language FOREIGN KEY (language)
        REFERENCES musicbrainz.language (id),
    ADD CONSTRAINT release_fk_script FOREIGN KEY (script)
        REFERENCES musicbrainz.script (id);

ALTER TABLE musicbrainz.release_gid_redirect
    ADD CONSTRAINT release_gid_redirect_fk_new_id FOREIGN KEY (new_id)
        REFERENCES musicbrainz.release (id);

ALTER TABLE musicbrainz.release_meta
    ADD CONSTRAINT release_meta_fk_id FOREIGN KEY (id)
        REFERENCES musicbrainz.release (id) ON DELETE CASCADE;

ALTER TABLE musicbrainz.release_country
    ADD CONSTRAINT release_country_fk_release FOREIGN KEY (release)
        REFERENCES musicbrainz.release (id),
    ADD CONSTRAINT release_country_fk_country FOREIGN KEY (country)
        REFERENCES musicbrainz.country_area (area);

ALTER TABLE musicbrainz.release_unknown_country
    ADD CONSTRAINT release_unknown_country_fk_release FOREIGN KEY (release)
        REFERENCES musicbrainz.release (id);

ALTER TABLE musicbrainz.release_first_release_date
    ADD CONSTRAINT release_first_release_date_fk_release FOREIGN KEY (release)
        REFERENCES musicbrainz.release (id) ON DELETE CASCADE;

ALTER TABLE musicbrainz.event
    ADD CONSTRAINT event_fk_type FOREIGN KEY (type)
        REFERENCES musicbrainz.event_type (id);

ALTER TABLE musicbrainz.event_gid_redirect
    ADD CONSTRAINT event_gid_redirect_fk_new_id FOREIGN KEY (new_id)
        REFERENCES musicbrainz.event (id);

ALTER TABLE musicbrainz.event_meta
    ADD CONSTRAINT event_meta_fk_id FOREIGN KEY (id)
        REFERENCES musicbrainz.event (id) ON DELETE CASCADE;

ALTER TABLE cover_art_archive.art_type
    ADD CONSTRAINT art_type_fk_parent FOREIGN KEY (parent)
        REFERENCES cover_art_archive.art_type (id);

ALTER TABLE cover_art_archive.cover_art
    ADD CONSTRAINT cover_art_fk_release FOREIGN KEY (release)
        REFERENCES musicbrainz.release (id) ON DELETE CASCADE,
    ADD CONSTRAINT cover_art_fk_edit FOREIGN KEY (edit)
        REFERENCES musicbrainz.edit (id),
    ADD CONSTRAINT cover_art_fk_mime_type FOREIGN KEY (mime_type)
        REFERENCES cover_art_archive.image_type (mime_type);

ALTER TABLE cover_art_archive.cover_art_type
    ADD CONSTRAINT cover_art_type_fk_id FOREIGN KEY (id)
        REFERENCES cover_art_archive.cover_art (id) ON DELETE CASCADE,
    ADD CONSTRAINT cover_art_type_fk_type_id FOREIGN KEY (type_id)
        REFERENCES cover_art_archive.art_type (id);

ALTER TABLE cover_art_archive.release_group_cover_art
    ADD CONSTRAINT release_group_cover_art_fk_release FOREIGN KEY (release)
        REFERENCES musicbrainz.release (id),
    ADD CONSTRAINT release_group_cover_art_fk_release_group FOREIGN KEY (release_group)
        REFERENCES musicbrainz.release_group (id);

ALTER TABLE event_art_archive.art_type
    ADD CONSTRAINT art_type_fk_parent FOREIGN KEY (parent)
        REFERENCES event_art_archive.art_type (id);

ALTER TABLE event_art_archive.event_art
    ADD CONSTRAINT event_art_fk_event FOREIGN KEY (event)
        REFERENCES musicbrainz.event (id) ON DELETE CASCADE,
    ADD CONSTRAINT event_art_fk_edit FOREIGN KEY (edit)
        REFERENCES musicbrainz.edit (id),
    ADD CONSTRAINT event_art_fk_mime_type FOREIGN KEY (mime_type)
        REFERENCES cover_art_archive.image_type (mime_type);

ALTER TABLE event_art_archive.event_art_type
    ADD CONSTRAINT event_art_type_fk_id FOREIGN KEY (id)
        REFERENCES event_art_archive.event_art (id) ON DELETE CASCADE,
    ADD CONSTRAINT event_art_type_fk_type_id FOREIGN KEY (type_id)
        REFERENCES event_art_archive.art_type (id);
