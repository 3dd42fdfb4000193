-- The network's tables, and which consistency each of them needs (tidemark.toml says it to the gateway).

-- Posts: read all the time, by everybody. For those who are the author's friends when it is written.
CREATE TABLE post (
  id      text PRIMARY KEY,
  author  text NOT NULL,
  created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON post (created);

-- Likes: a row each, so that two at once are no conflict; and what is shown of them, added up by a
-- worker now and then.
CREATE TABLE liked (
  post text NOT NULL REFERENCES post,
  who  text NOT NULL,
  PRIMARY KEY (post, who)
);
CREATE TABLE like_count (
  post  text PRIMARY KEY REFERENCES post,
  likes bigint NOT NULL
);

-- Comments on a post, and replies to comments.
CREATE TABLE comment (
  id     text PRIMARY KEY,
  post   text NOT NULL REFERENCES post,
  author text NOT NULL
);
CREATE INDEX ON comment (post);
CREATE TABLE reply (
  id      text PRIMARY KEY,
  comment text NOT NULL REFERENCES comment,
  post    text NOT NULL REFERENCES post,
  author  text NOT NULL
);
CREATE INDEX ON reply (post);

-- What replies answer: the same comments and posts by another name, so that a rule can promise
-- more to a page that shows them below replies than to one that shows them alone.
CREATE VIEW discussion AS
  SELECT comment.id, comment.post, comment.author, post.author AS host
  FROM comment JOIN post ON post.id = comment.post;

-- Who may see whose posts, and since when.
CREATE TABLE friendship (
  owner  text NOT NULL,
  friend text NOT NULL,
  since  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (owner, friend)
);
CREATE INDEX ON friendship (friend);

-- Direct messages between two, numbered in the order in which they were sent.
CREATE TABLE conversation (
  pair text PRIMARY KEY,
  last bigint NOT NULL
);
CREATE TABLE message (
  id     text PRIMARY KEY,
  pair   text NOT NULL REFERENCES conversation,
  number bigint NOT NULL,
  sender text NOT NULL,
  UNIQUE (pair, number)
);
