// Prepared statements that follow a client. The client's names are used on the servers as they are,
// so that pg_prepared_statements, EXECUTE and DEALLOCATE show what a lone connection would show. A
// server connection may hold names that other clients left behind: before a name is used there, the
// definition is compared, and replaced or removed where it is not this client's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tidemark::sql {
struct Statement;
}

namespace tidemark::session {

// What a name stands for. Immutable once made.
struct Prepared {
  enum class Form { k_protocol, k_sql };

  Form form = Form::k_protocol;
  std::string text;   // Parse's query, or for k_sql the whole PREPARE statement
  std::string types;  // Parse's parameter types, as on the wire (count and oids)
  std::shared_ptr<const sql::Statement> statement;  // what executing it does …
  std::uint64_t reader = 0;                         // … as this Reader told
  std::uint64_t catalogue_version = 0;              // … by this catalogue

  bool same_as(const Prepared& other) const {
    return this == &other || (form == other.form && types == other.types && text == other.text);
  }
};

using PreparedPtr = std::shared_ptr<const Prepared>;

// Names and what they stand for, on a client or on a server. The unnamed statement has the name "".
class NameTable {
 public:
  // Null if there is no such name. The reference holds until a name is set.
  const PreparedPtr& find(std::string_view name) const {
    static const PreparedPtr k_none;
    if (name.empty()) return unnamed_;
    const auto found = names_.find(name);
    return found == names_.end() ? k_none : found->second;
  }

  // Null removes the name. Returns what it stood for before.
  PreparedPtr set(std::string_view name, PreparedPtr prepared) {
    ++version_;
    if (name.empty()) return std::exchange(unnamed_, std::move(prepared));
    const auto found = names_.find(name);
    PreparedPtr before = found == names_.end() ? nullptr : found->second;
    if (prepared == nullptr) {
      if (found != names_.end()) names_.erase(found);
    } else if (found == names_.end()) {
      names_.emplace(std::string(name), std::move(prepared));
    } else {
      found->second = std::move(prepared);
    }
    return before;
  }

  void clear() {
    ++version_;
    names_.clear();
    unnamed_ = nullptr;
  }

  // Another one whenever a name may stand for something else.
  std::uint64_t version() const { return version_; }

  // How many have a name.
  std::size_t size() const { return names_.size(); }

  auto begin() const { return names_.begin(); }
  auto end() const { return names_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, PreparedPtr, Hash, std::equal_to<>> names_;
  PreparedPtr unnamed_;
  std::uint64_t version_ = 0;
};

// A change that a message makes if the server carries it out; kept to be taken back if the server
// skips the message behind an error.
struct NameChange {
  std::string name;
  PreparedPtr before_on_client;
  PreparedPtr before_on_server;
  bool on_client = false;  // false: the gateway's own doing, which the client's table never shows
};

}  // namespace tidemark::session
