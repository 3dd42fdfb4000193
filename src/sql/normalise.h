// Small operations on Statement values that judging and merging share.
#pragma once

#include "sql/effects.h"
#include "sql/statement.h"

namespace tidemark::sql {

// Between the flags of a Statement and the Effects that they stand for.
Effects effects_of(const Statement& statement);
void apply(const Effects& effects, Statement& statement);

// BEGIN, COMMIT, SAVEPOINT and the like.
bool controls_transaction(Kind kind);

// COMMIT, ROLLBACK, PREPARE TRANSACTION.
bool ends_transaction(Kind kind);

// Sorts the lists and removes repetitions.
void normalise(Statement& statement);

// Takes a statement into the k_multi that it is part of. normalise() afterwards.
void merge_part(Statement&& part, Statement& whole);

// Everything is to be expected.
Statement unparsed();

}  // namespace tidemark::sql
