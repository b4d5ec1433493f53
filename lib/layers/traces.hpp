#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layers/entry.hpp"

namespace ipop::layers {

/// What becomes of a trace: a file that programs expect to be there is emptied.
enum class TraceRemedy { remove, empty };

/// Something that a machine left behind and that names it, or belongs to it alone.
struct Trace {
  std::string path{};
  std::string_view group{};  ///< what it is: "keys", "leases", ...
  TraceRemedy remedy = TraceRemedy::remove;
  std::uint64_t size = 0;
  friend bool operator==(const Trace&, const Trace&) = default;
};

/// The traces in a tree, a name within a directory before the directory. `whole` says that it is all of a root file
/// system, not a layer over another: there /etc/machine-id stays, and is empty (machine-id(5): a first boot fills it).
std::vector<Trace> find_traces(std::span<const Entry> entries, bool whole);

/// The list without its traces: an emptied file is there and empty, and a hard link whose first name goes is the file.
std::vector<Entry> without_traces(std::span<const Entry> entries, std::span<const Trace> traces);

/// The groups of traces, in the order in which they are shown.
std::vector<std::string_view> trace_groups();

/// Files of one group, and their octets.
struct TraceSum {
  std::string_view group{};
  std::size_t names = 0;
  std::uint64_t octets = 0;
};
/// One row a group that has any.
std::vector<TraceSum> sum_up(std::span<const Trace> traces);

}  // namespace ipop::layers
