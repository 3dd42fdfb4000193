// Book: where all writes come through the gateway, when each table was last written, and the reads
// that standbys serve for that. Asks and tells routing::TableWrites as gateway/quiet_tables.cpp
// does, and looks at the primary as gateway/catalogue_thread.cpp does.
#pragma once

#include "consistency/session.h"
#include "consistency/tables.h"
#include "routing/decision.h"
#include "routing/request.h"
#include "routing/table_writes.h"
#include "simulation/mechanisms.h"
#include "simulation/monitor.h"
#include "simulation/network.h"
#include "simulation/world.h"

namespace tidemark::simulation {

class Book {
 public:
  using Ticket = routing::TableWrites::Ticket;

  // There is nothing in it unless the options say that all writes come through the gateway.
  Book(World& world, Network& network, Monitor& monitor, Without without);
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  // What becomes of a read that was decided on in the ordinary way.
  routing::Decision decide(const routing::Request& request, const consistency::Session& session,
                           const routing::Decision& ordinary);

  // A statement is about to be sent to where it was decided; all of a transaction has been
  // answered; nobody will know what became of it.
  void begin(Ticket& ticket, const routing::Decision& where, consistency::Tables written);
  void end(Ticket& ticket);
  void abandon(Ticket& ticket);

 private:
  void look_regularly();
  void look();
  routing::PrimaryRun primary() const;
  bool is_without(Without what) const { return without_ == what; }

  World& world_;
  Network& network_;
  Monitor& monitor_;
  const Without without_;
  const bool is_kept_;
  routing::TableWrites writes_;
};

}  // namespace tidemark::simulation
