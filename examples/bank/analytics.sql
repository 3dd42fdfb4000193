-- The analytics server's copy, fed by logical replication: of its own shape, on a server of its own.
CREATE TABLE transfer (
  id     text PRIMARY KEY,
  debit  integer NOT NULL,
  credit integer NOT NULL,
  amount bigint NOT NULL,
  booked timestamptz NOT NULL
);
CREATE INDEX ON transfer (booked);
