-- a release gets another barcode, or none is known any more
UPDATE musicbrainz.release SET barcode = %(barcode)s WHERE gid = %(gid)s;
