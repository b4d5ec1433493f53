#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ipop::io {

/// A process of this machine, as /proc shows it.
struct Process {
  int id = 0;
  int parent = 0;
  std::uint32_t real_user = 0;
  std::vector<std::string> command{};  ///< as it was started; empty: one of the kernel's, or ended
};

/// All that run; one that ends meanwhile may be missing.
std::vector<Process> list_processes();

/// Who started this one, or looks after it since he ended.
int parent_process();

/// Ends it, as SIGKILL does; false when that is not allowed or it has ended.
bool end_process(int id);
/// Ends it and all that descends from it.
void end_process_tree(int root);

}  // namespace ipop::io
