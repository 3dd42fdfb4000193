-- The bank's ledger, after TigerBeetle's rules: a transfer takes from one account what it gives to
-- another, is never changed, and has an id that the client made. tidemark.toml says which consistency
-- each part needs.

-- What is not said otherwise is not waited for: a rule of tidemark.toml has the ledger wait.
ALTER DATABASE bank SET synchronous_commit = 'local';

-- An account has two sums, and both only grow. Its balance is credits - debits. (A bank would add
-- CHECK (overdraft OR debits <= credits) for good measure; here it is left out so that an overdraft
-- can be seen where it happens.)
CREATE TABLE account (
  id        integer PRIMARY KEY,
  overdraft boolean NOT NULL DEFAULT false,
  debits    bigint NOT NULL DEFAULT 0,
  credits   bigint NOT NULL DEFAULT 0
);

-- `txid` and `settled` say where in the order of things a transfer is: the transaction that booked
-- it, and the one before which all were over by then. An audit records them as its position.
CREATE TABLE transfer (
  id       text PRIMARY KEY,
  debit    integer NOT NULL REFERENCES account,
  credit   integer NOT NULL REFERENCES account CHECK (credit <> debit),
  amount   bigint NOT NULL CHECK (amount > 0),
  corrects text REFERENCES transfer,
  booked   timestamptz NOT NULL DEFAULT clock_timestamp(),
  txid     bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
  settled  bigint NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot())::text::bigint
);
CREATE INDEX ON transfer (debit);
CREATE INDEX ON transfer (credit);

-- What was booked stays; a mistake is corrected by a transfer the other way.
CREATE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a transfer is never changed: book another one that corrects it';
END $$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();

-- Reports read, and nothing else.
CREATE ROLE reporting LOGIN;
GRANT SELECT ON transfer TO reporting;

-- What goes to the analytics server (analytics.sql).
CREATE PUBLICATION ledger FOR TABLE transfer (id, debit, credit, amount, booked);

-- Account 0 is the bank's own, from which all money comes.
INSERT INTO account (id, overdraft) SELECT id, id = 0 FROM generate_series(0, 200) AS id;
INSERT INTO transfer (id, debit, credit, amount)
  SELECT 'opening/' || id, 0, id, 500 FROM generate_series(1, 200) AS id;
UPDATE account SET
  debits  = (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = account.id),
  credits = (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit = account.id);
