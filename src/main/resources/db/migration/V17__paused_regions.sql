-- The regions that an operator has paused: no call begins there on any runner until its row is gone. A runner of the version
-- before does not look here, so a pause holds for all once all are of this version.
CREATE TABLE paused_regions (
  region    text COLLATE "C" PRIMARY KEY,
  paused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  paused_by text NOT NULL
);
