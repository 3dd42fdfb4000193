#include "simulation/lineage.h"

namespace tidemark::simulation {

// The first committed child of a version goes on with its branch. One that never was committed is a
// twig of its own, so that failed attempts make no forks for others.
Lineage::Lineage(const History& history) {
  std::vector<bool> has_heir(history.versions.size());
  places_.reserve(history.versions.size());
  for (VersionId id = 0; id < history.versions.size(); ++id) {
    const Version& version = history.versions[id];
    if (version.parent == id) {
      branches_.push_back({static_cast<std::uint32_t>(branches_.size()), 0});
      places_.push_back({static_cast<std::uint32_t>(branches_.size() - 1), 0});
      continue;
    }
    const Place parent = places_[version.parent];
    const bool is_heir = history.transactions[version.txn].logged && !has_heir[version.parent];
    if (is_heir) {
      has_heir[version.parent] = true;
      places_.push_back({parent.branch, parent.length + 1});
    } else {
      branches_.push_back({parent.branch, parent.length});
      places_.push_back({static_cast<std::uint32_t>(branches_.size() - 1), parent.length + 1});
    }
  }
}

bool Lineage::covers(VersionId seen, VersionId needed) const {
  Place at = places_[seen];
  const Place need = places_[needed];
  while (at.branch != need.branch) {
    const Branch& branch = branches_[at.branch];
    if (branch.parent == at.branch) return false;
    at = {branch.parent, branch.from};
  }
  return at.length >= need.length;
}

}  // namespace tidemark::simulation
