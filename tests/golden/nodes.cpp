#include "golden/nodes.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "base/duration.h"

namespace tidemark::golden {
namespace {

using consistency::Lsn;
using consistency::Role;
using consistency::Sample;

std::string next_word(std::istringstream& in) {
  std::string word;
  if (!(in >> word)) throw std::runtime_error("a word is missing: " + in.str());
  return word;
}

std::uint64_t number(const std::string& word) { return std::stoull(word); }

template <class T>
T value_of(const Result<T>& result) {
  if (!result.has_value()) throw std::runtime_error(result.error().message);
  return *result;
}

void set_position(Sample& sample, Lsn lsn) {
  const bool primary = sample.role == Role::k_primary;
  sample.insert = sample.flush = primary ? lsn : Lsn{};
  sample.applied = sample.reached = primary ? Lsn{} : lsn;
}

// "12+15"
std::vector<consistency::Xid> parse_xids(const std::string& words) {
  std::vector<consistency::Xid> xids;
  std::istringstream in(words);
  for (std::string xid; std::getline(in, xid, '+');) xids.push_back(number(xid));
  return xids;
}

void set_role(Sample& sample, Role role) {
  const Lsn lsn = std::max(sample.insert, sample.applied);
  sample.role = role;
  set_position(sample, lsn);
}

// Of the words that say something of a sample, one. `took`: how long it was on its way.
void take_word(const std::string& word, std::istringstream& in, Sample& sample, Duration& took) {
  if (word == "primary" || word == "standby") {
    set_role(sample, word == "primary" ? Role::k_primary : Role::k_standby);
  } else if (word == "flushed") {
    sample.flush = value_of(consistency::parse_lsn(next_word(in)));
  } else if (word == "reached") {
    sample.reached = value_of(consistency::parse_lsn(next_word(in)));
  } else if (word == "timeline") {
    sample.timeline = static_cast<consistency::Timeline>(number(next_word(in)));
  } else if (word == "restarted") {
    ++sample.postmaster_started_us;
    sample.fence = {};
  } else if (word == "took") {
    took = value_of(parse_duration(next_word(in)));
  } else if (word == "next") {
    sample.snapshot.xmax = number(next_word(in));
  } else if (word == "running") {
    sample.snapshot.running = parse_xids(next_word(in));
  } else if (word == "fence") {
    sample.fence.xid = number(next_word(in));
    sample.fence.sent_at = Instant(value_of(parse_duration(next_word(in))));
  } else {
    set_position(sample, value_of(consistency::parse_lsn(word)));
  }
}

}  // namespace

Nodes::Nodes(const std::vector<std::string>& addresses) : last_(addresses.size()) {
  for (const std::string& address : addresses) {
    Sample& sample = last_[names_.size()];
    sample.node = static_cast<consistency::NodeIndex>(names_.size());
    names_.push_back(address.substr(0, address.find(':')));
    sample.postmaster_started_us = 1 + 1000 * sample.node;
    sample.checkpointer_started_us = 1;
    sample.connection = 1;
    sample.system_identifier = 7;
    sample.timeline = 1;
    sample.role = Role::k_standby;
    sample.snapshot.xmax = 10;
  }
}

consistency::NodeIndex Nodes::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) throw std::runtime_error("no node is called " + std::string(name));
  return static_cast<consistency::NodeIndex>(found - names_.begin());
}

std::string Nodes::names(consistency::NodeSet nodes) const {
  std::string all;
  for (consistency::NodeIndex node = 0; node < names_.size(); ++node) {
    const consistency::NodeSet bit = consistency::node_bit(node);
    if ((nodes & bit) == 0) continue;
    const bool is_last = (nodes & ~(bit | (bit - 1))) == 0;
    all += (all.empty() ? "" : is_last ? " and " : ", ") + names_[node];
  }
  return all;
}

void Nodes::see(std::string_view samples, Instant now,
                topology::testing::InformedCluster& cluster) {
  std::istringstream in{std::string(samples)};
  for (std::string sample; std::getline(in, sample, ',');) see_one(sample, now, cluster);
}

void Nodes::see_one(std::string_view text, Instant now,
                    topology::testing::InformedCluster& cluster) {
  std::istringstream in{std::string(text)};
  Sample& sample = last_[find(next_word(in))];
  Duration took{0};
  sample.snapshot.running.clear();
  for (std::string word; in >> word;) {
    if (word == "unreachable") return cluster.on_failure(sample.node);
    take_word(word, in, sample, took);
  }
  sample.received_at = now;
  sample.sent_at = now - took;
  const auto& running = sample.snapshot.running;
  sample.snapshot.xmin = running.empty() ? sample.snapshot.xmax : std::ranges::min(running);
  cluster.on_sample(sample);
}

consistency::History::Switch parse_switch(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string timeline, left, of, at, lsn;
  consistency::Timeline child = 0, parent = 0;
  in >> timeline >> child >> left >> of >> parent >> at >> lsn;
  return {.timeline = child, .parent = parent, .at = value_of(consistency::parse_lsn(lsn))};
}

}  // namespace tidemark::golden
