-- A login by which a browser sees the pages. It is here and not in a replica's memory, so that each replica knows it, and it is
-- still one after a restart. Of the token, which is 256 random bits, and of the key only the SHA-256 is kept: whoever reads this
-- table cannot log in by it. A session is good for as long as the key with that hash is configured. A replica of before neither
-- reads nor writes it.
CREATE TABLE sessions (
  token_sha256 text COLLATE "C" PRIMARY KEY,
  key_sha256 text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);

-- Each login deletes the sessions that have expired.
CREATE INDEX sessions_expires_at ON sessions (expires_at);
