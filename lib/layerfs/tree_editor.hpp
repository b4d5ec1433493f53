#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "layers/traces.hpp"

namespace ipop::layerfs {

/// Removes or empties each, in the order given (see find_traces), and then makes sure that it is gone from the disk. A
/// directory that has other names in it stays. Errors: errno with the path.
Result<void> remove_traces(const std::string& directory, const std::vector<layers::Trace>& traces);

}  // namespace ipop::layerfs
