-- An answer makes its row about twice as long, and the room for it must be on the page before the first of a page's cells is
-- claimed: the claims' rows still take theirs while the ends are written. At 50 half of the ends went to another page, with new
-- entries in two indexes each; at 30 none of those with short answers does. Measured (docs/benchmark.md): the server's time for
-- an end fell from 8.6 to 5.3 microseconds, and tables and indexes take less.
ALTER TABLE executions SET (fillfactor = 30);
