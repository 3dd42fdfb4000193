// Settings that follow a client from one server connection to another.
//
// What a client changed for its session (SET, set_config, RESET) is not guessed from the statement:
// after the transaction the server is asked for the values of the names that may have changed, and
// those values are set on whichever connection serves the client next. Savepoints, rollbacks and
// functions need no rules of their own that way. What a client asked for in its startup packet is
// no part of this: server connections are opened with it, so that RESET goes back to it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::session {

// Name to value, as current_setting() prints it. Absent: what the connection started with.
using Settings = std::map<std::string, std::string, std::less<>>;
// Null stands for no settings. Equal contents may have different addresses.
using SettingsPtr = std::shared_ptr<const Settings>;

bool same_settings(const SettingsPtr& a, const SettingsPtr& b);

// The value of a setting; empty if it is not set.
std::string_view setting_or_empty(const SettingsPtr& settings, std::string_view name);

// One message of SQL that takes a connection from the one state to the other; empty if there is
// nothing to do. The role comes last, and is given up first, as it may not be allowed to set the
// others.
std::string sql_to_align(const SettingsPtr& from, const SettingsPtr& to);

// Asks for the values of these names: one row, one column each, NULL for a name that is unknown.
std::string sql_to_capture(const std::set<std::string>& names);

// The settings after such a row was read: names of the row take its values, others stay.
// A value equal to none at all (NULL) removes the name.
SettingsPtr captured(const SettingsPtr& before, const std::set<std::string>& names,
                     const std::vector<std::optional<std::string_view>>& row);

// Whether SET name = value, with a single constant or a list joined with ", ", leaves what
// set_config(name, value) would, so that the value need not be asked for. In doubt it does not.
bool is_told_by_text(std::string_view name, std::string_view value);

// Asks what a statement whose text does not tell may have left behind on its connection: one row of
// booleans in the order of k_residues, then the number of prepared statements that have names.
extern const std::string_view k_sql_to_probe;
// Why a connection with such a residue cannot serve anyone else.
extern const std::vector<std::string_view> k_residues;

}  // namespace tidemark::session
