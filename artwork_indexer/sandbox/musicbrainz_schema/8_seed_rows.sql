-- Reference rows with the ids and names of MusicBrainz.

INSERT INTO musicbrainz.area_type (id, name, child_order, gid) VALUES
    (1, 'Country', 1, '06dd0ae4-8c74-30bb-b43d-95dcedf961de'),
    (2, 'Subdivision', 2, 'dd5f7fe5-e5eb-5da1-87ec-4e0b9f218a74'),
    (3, 'City', 3, '489679b5-6093-5f2a-b865-469dba5b2beb'),
    (4, 'Municipality', 4, '6d91f93a-2f94-5f11-83a9-073ab5bf460f'),
    (5, 'District', 5, '430303cd-5f81-57af-aeb2-d7281b44f046'),
    (6, 'Island', 6, 'e652d1b1-e901-5bb0-ac1e-1867de2a518b');

INSERT INTO musicbrainz.artist_type (id, name, child_order, gid) VALUES
    (1, 'Person', 1, 'b6e035f4-3ce9-331c-97df-83397230b0df'),
    (2, 'Group', 2, 'e431f5f6-b5d2-343d-8b36-72607fffb74b'),
    (3, 'Other', 3, 'ac85a64b-16dd-5c96-ab12-0a0332b3e63c'),
    (4, 'Character', 4, 'f8287cbf-f963-59e0-beb5-0ba52286ce36'),
    (5, 'Orchestra', 5, '1b9893f4-8920-5c49-bb87-a0c867763db4'),
    (6, 'Choir', 6, 'ee5f454a-ad66-5a7c-a32d-e09ff8530f7a');

INSERT INTO musicbrainz.gender (id, name, child_order, gid) VALUES
    (1, 'Male', 1, '1944a632-1d87-5167-9e6d-998d3e2a45b4'),
    (2, 'Female', 2, '1bd5f479-1dde-5df1-a38a-429e74042151'),
    (3, 'Other', 3, '3829dbc7-0b08-573c-aab7-4e99fe9c93c4');

INSERT INTO musicbrainz.place_type (id, name, child_order, gid) VALUES
    (1, 'Studio', 1, '6aec2b7b-480b-5e14-84f0-9903a4e73e8c'),
    (2, 'Venue', 2, 'cd92781a-a73f-30e8-a430-55d7521338db'),
    (3, 'Other', 3, 'bcfe4369-13e8-5027-b7dc-ec955f409c05'),
    (4, 'Stadium', 4, 'f3adffb3-d4aa-5e8d-b7ce-5eaf12f7d82f'),
    (5, 'Indoor arena', 5, 'f8e32591-df7a-58c7-993b-dea37bfac39e'),
    (6, 'Religious building', 6, 'd2e43718-d629-56be-932c-37efd84f7313');

INSERT INTO musicbrainz.event_type (id, name, child_order, gid) VALUES
    (1, 'Concert', 1, 'ef55e8d7-3d00-394a-8012-f5506a29ff0b'),
    (2, 'Festival', 2, 'b6ded574-b592-3f0e-b56e-5b5f06aa0678'),
    (3, 'Launch event', 3, 'eed0daf1-1683-58af-a5a2-0fb19c955dfe'),
    (4, 'Convention/Expo', 4, '0c4b6386-c68e-5e3c-8677-e1f6829781bb'),
    (5, 'Masterclass/Clinic', 5, 'b17d9185-fdae-5b74-808a-2fabb5adc33c');

INSERT INTO musicbrainz.release_status (id, name, child_order, gid) VALUES
    (1, 'Official', 1, '4e304316-386d-3409-af2e-78857eec5cfe'),
    (2, 'Promotion', 2, '518ffc83-5cde-34df-8627-81bff5093d92'),
    (3, 'Bootleg', 3, '1156806e-d06a-38bd-83f0-cf2284a808b9'),
    (4, 'Pseudo-Release', 4, '41121bb9-3413-3818-8a9a-9742318349aa'),
    (5, 'Withdrawn', 5, '20e57c1f-bbfd-59f7-9163-b10824c29f4e'),
    (6, 'Cancelled', 6, 'a4c84703-d49c-5677-92ec-296fb6b98359');

INSERT INTO musicbrainz.release_packaging (id, name, child_order, gid) VALUES
    (1, 'Jewel Case', 1, 'ec27701a-4a22-37f4-bfac-6616e0f9750a'),
    (2, 'Slim Jewel Case', 2, '4ea04cef-e660-5c9f-9bfa-69b7d373deb9'),
    (3, 'Digipak', 3, '1d7dd74c-cdef-5dcd-9408-336863a33691'),
    (4, 'Cardboard/Paper Sleeve', 4, 'a0a153c2-2512-5bc2-80f1-0b75c51677db'),
    (5, 'Other', 5, 'f3fc5efc-8642-5530-af45-a7aedb634b71'),
    (6, 'Keep Case', 6, '1759eca6-c303-5e63-8f2c-ceda5edb0789'),
    (7, 'None', 7, '119eba76-b343-3e02-a292-f0f00644bb9b');

INSERT INTO musicbrainz.release_group_primary_type (id, name, child_order, gid) VALUES
    (1, 'Album', 1, '27746a0d-dddd-52df-a513-b812ed00e7d9'),
    (2, 'Single', 2, '1eb00e9a-a398-559c-909d-a8ebd47723d7'),
    (3, 'EP', 3, '95e613c9-faf3-5ca0-8fee-5f1486da7831');

INSERT INTO cover_art_archive.art_type (id, name, child_order, gid) VALUES
    (1, 'Front', 1, 'ac337166-a2b3-340c-a0b4-e2b00f1d40a2'),
    (2, 'Back', 2, '72b4b8d6-87f1-5309-998c-8a4fd5229da3'),
    (3, 'Booklet', 3, 'c03243f7-38fa-597a-9302-aa1cb663ad6f'),
    (4, 'Medium', 4, '8b082d55-ddfb-5ef9-9da0-6fcabd51b457'),
    (5, 'Obi', 5, '83dd74e5-954a-5161-8724-9255db6f0b34'),
    (6, 'Spine', 6, '9c4e2d20-4566-5610-847e-389d17d20362'),
    (7, 'Track', 7, '5f2d437e-6072-5b25-b460-40711a7a7188'),
    (8, 'Other', 8, '88f02766-aeee-5677-ba45-79792e962c4a'),
    (9, 'Tray', 9, '11130619-2b40-5967-8977-f77a55d907be'),
    (10, 'Sticker', 10, 'cd288999-a665-58bb-a952-21d6f1bfe92d'),
    (11, 'Poster', 11, 'bdc10085-9394-523e-be25-661d4b475a15'),
    (12, 'Liner', 12, '8f85cdc6-940b-559d-86e8-47b4e2467479'),
    (13, 'Watermark', 13, 'e69213f9-7170-5f73-bc2e-4feebfa4287e'),
    (14, 'Raw/Unedited', 14, '5a280bfb-24a3-5570-88db-23b605f0cdcc'),
    (15, 'Matrix/Runout', 15, 'e62ea549-c151-51cf-945d-1495549ab2fd'),
    (48, 'Top', 16, '0b202cab-ffa2-5d77-9f0b-fb7a9dbace91'),
    (49, 'Bottom', 17, '2e01db6d-aba5-572e-8fed-c97da7737e73');

INSERT INTO event_art_archive.art_type (id, name, child_order, gid) VALUES
    (1, 'Poster', 1, '2b77630d-5bb6-5b09-94ed-e1c9075ab72c');

INSERT INTO cover_art_archive.image_type (mime_type, suffix) VALUES
    ('image/jpeg', 'jpg'),
    ('image/png', 'png'),
    ('image/gif', 'gif'),
    ('application/pdf', 'pdf');

-- The next row without an explicit id goes behind these.
ALTER SEQUENCE musicbrainz.area_type_id_seq RESTART WITH 7;
ALTER SEQUENCE musicbrainz.artist_type_id_seq RESTART WITH 7;
ALTER SEQUENCE musicbrainz.gender_id_seq RESTART WITH 4;
ALTER SEQUENCE musicbrainz.place_type_id_seq RESTART WITH 7;
ALTER SEQUENCE musicbrainz.event_type_id_seq RESTART WITH 6;
ALTER SEQUENCE musicbrainz.release_status_id_seq RESTART WITH 7;
ALTER SEQUENCE musicbrainz.release_packaging_id_seq RESTART WITH 8;
ALTER SEQUENCE musicbrainz.release_group_primary_type_id_seq RESTART WITH 4;
ALTER SEQUENCE cover_art_archive.art_type_id_seq RESTART WITH 50;
ALTER SEQUENCE event_art_archive.art_type_id_seq RESTART WITH 2;

INSERT INTO musicbrainz.replication_control (current_schema_sequence) VALUES (31);
