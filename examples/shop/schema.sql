-- The shop's tables, and which consistency each of them needs (tidemark.toml says it to the gateway).

-- The catalogue: read by everybody all the time, changed now and then. A price may be some seconds old.
CREATE TABLE product (
  id      integer PRIMARY KEY,
  price   integer NOT NULL,
  version integer NOT NULL DEFAULT 0
);

-- The stock: one row is one thing on the shelf. It is looked at and taken in one transaction.
CREATE TABLE unit (
  id       bigint PRIMARY KEY,
  product  integer NOT NULL REFERENCES product,
  state    text NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'reserved', 'sold')),
  order_id text,
  until    timestamptz
);
CREATE INDEX ON unit (product, id) WHERE state = 'free';
CREATE INDEX ON unit (order_id);

-- The carts: each is one user's, who must find in it what they put there.
CREATE TABLE cart (
  item    text PRIMARY KEY,
  owner   text NOT NULL,
  product integer NOT NULL REFERENCES product
);
CREATE INDEX ON cart (owner);

-- The orders: the buyer sees their own at once. (A shop would add UNIQUE (unit) for good measure; here
-- it is left out so that overselling can be seen where it happens.)
CREATE TABLE orders (
  id      text PRIMARY KEY,
  buyer   text NOT NULL,
  product integer NOT NULL REFERENCES product,
  unit    bigint NOT NULL REFERENCES unit
);
CREATE INDEX ON orders (buyer);

-- Product 1 is the one that everybody wants.
INSERT INTO product SELECT id, 100 FROM generate_series(1, 20) AS id;
INSERT INTO unit SELECT product * 1000 + number, product
  FROM generate_series(1, 20) AS product, generate_series(1, CASE product WHEN 1 THEN 300 ELSE 30 END) AS number;
