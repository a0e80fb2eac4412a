-- What the migration runner remembers. Run once, together with the first migration.

CREATE TABLE artwork_indexer.schema_migration (
    version    integer NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    adopted    boolean NOT NULL DEFAULT false,
    CONSTRAINT schema_migration_pkey PRIMARY KEY (version)
);

COMMENT ON COLUMN artwork_indexer.schema_migration.adopted IS
    'The existing daemon had installed this already: recorded, not run.';

-- Functions and triggers are files that are run again whenever they have changed.
CREATE TABLE artwork_indexer.schema_function_file (
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schema_function_file_pkey PRIMARY KEY (name)
);
