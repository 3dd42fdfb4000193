// Keeps a sql::Catalogue for each database that clients use: which functions are volatile, which
// relations are sequences, and so on. A thread of its own loads it over libpq from the primary
// (from a standby while there is none), compares a cheap fingerprint every k_recheck_interval, and
// loads again when it has moved. It locks no users' relation, keeps no snapshot from one query to
// the next, and rests after each look five times as long as that took.
//
// Failures are logged and retried; until a database is loaded latest() is null and callers treat
// every function as dangerous (sql::classify does that with an empty catalogue).
//
// Thread rule: start and stop from the thread that owns the object; everything else from any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "gateway/config.h"
#include "gateway/shared_writes.h"
#include "gateway/view_board.h"
#include "sql/catalogue.h"

namespace tidemark::gateway {

class CatalogueThread;

class CatalogueLoader {
 public:
  // on_publish runs on the loader's thread when a catalogue has been loaded or dropped, and must
  // not block. `writes`, unless it is null, is told of each catalogue that was found to be the
  // primary's, and of what is under way there. The board and `writes` outlive the loader.
  CatalogueLoader(const Config& config, const ViewBoard& board, std::function<void()> on_publish,
                  SharedWrites* writes = nullptr);
  ~CatalogueLoader();  // stops
  CatalogueLoader(const CatalogueLoader&) = delete;
  CatalogueLoader& operator=(const CatalogueLoader&) = delete;

  void start();
  void stop();

  // A client uses this database: load it and keep it fresh. Cheap when that is so already.
  void request(std::string_view database);

  // Something that a catalogue holds was changed through the gateway, or may have been elsewhere:
  // check as soon as the loader has rested from the check before (up to 2 s, by what that took).
  void invalidate(std::string_view database);

  // Leaves the database (DROP DATABASE and the like fail while anybody is connected to it) and does
  // not return before it is requested again. Its catalogue stays as it was.
  void release(std::string_view database);

  // Null until the database has been loaded.
  std::shared_ptr<const sql::Catalogue> latest(std::string_view database) const;

  // Whether it was invalidated, and the server not been asked again since: names may mean other
  // tables by now.
  bool in_doubt(std::string_view database) const;

  // Grows with every change of what latest() and in_doubt() return; cheap to ask for every
  // statement.
  std::uint64_t version() const;

 private:
  const std::unique_ptr<CatalogueThread> thread_;
};

}  // namespace tidemark::gateway
