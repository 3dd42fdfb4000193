// A PostgreSQL as small as a scenario needs it: it knows settings and transactions, finds no rows,
// and writes down what it hears. It speaks to one client's connection.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "consistency/mark.h"
#include "session/server.h"

namespace tidemark::golden {

class Backend {
 public:
  Backend(consistency::NodeIndex node, consistency::Incarnation incarnation,
          const session::ServerKey& key, const std::string& search_path);

  session::Server& machine() { return machine_; }
  consistency::Incarnation incarnation() const { return incarnation_; }

  // What it says to all that has arrived since the last time.
  std::string answer();

  // The texts that it was asked to run.
  std::vector<std::string> heard;

 private:
  std::string run(std::string_view sql);

  const consistency::Incarnation incarnation_;
  Buffer out_;
  session::Server machine_;
  char status_ = 'I';
  std::map<std::string, std::string> settings_;
};

}  // namespace tidemark::golden
