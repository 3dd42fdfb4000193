// A command for a shell, and how it ended.
#pragma once

#include <functional>
#include <string>

namespace tidemark::audit {

// Runs it in a process group of its own, with what it prints going to standard error, and waits
// for its end; for a few seconds only once `over` says so, and then kills the group. Returns how it
// ended: "done", "failed with 1", "killed by 9". Signals that the caller holds back are not held
// back for it.
std::string run_in_shell(const std::string& command, const std::function<bool()>& over);

}  // namespace tidemark::audit
