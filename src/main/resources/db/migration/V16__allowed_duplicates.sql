-- What was not stopped is looked for among all entries of the ledger. There are few of these, or none, so the index costs nothing.
CREATE INDEX execution_duplicates_allowed ON execution_duplicates (id) WHERE outcome = 'allowed';
