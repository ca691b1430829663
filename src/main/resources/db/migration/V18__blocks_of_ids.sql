-- The first claims of a batch take their ids from a block: one draw, and the thousand numbers from it on. A draw is a whole block,
-- so none that is drawn later begins below the last number of one drawn before, whatever becomes of the rest: pages go by id, and
-- must find behind the last row of a page whatever is claimed afterwards. A replica of the version before draws for each row, and
-- so from a block that no other has. The largest batch of claims is as long as a block (Claims.LARGEST_BATCH).
ALTER SEQUENCE executions_id_seq INCREMENT BY 1000;
