// Lineage: which versions of a row include which others.
#pragma once

#include <vector>

#include "simulation/history.h"

namespace tidemark::simulation {

class Lineage {
 public:
  // Of a history that is complete, and outlives this.
  explicit Lineage(const History& history);

  // Whether someone who sees `seen` has not missed `needed`: it is `needed` or grew out of it.
  // Walks over the forks in between, which failovers and crashes make, and nothing else.
  bool covers(VersionId seen, VersionId needed) const;

  // How many writes of its row it includes.
  std::uint32_t length(VersionId version) const { return places_[version].length; }

 private:
  struct Place {
    std::uint32_t branch = 0;
    std::uint32_t length = 0;
  };
  // A branch grows out of another one behind the version of that length.
  struct Branch {
    std::uint32_t parent = 0;
    std::uint32_t from = 0;
  };

  std::vector<Place> places_;
  std::vector<Branch> branches_;
};

}  // namespace tidemark::simulation
