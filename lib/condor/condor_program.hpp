#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/run_process.hpp"

namespace ipop::condor {

/// Runs one of HTCondor's programs. Errors: not_found (it is not installed; the message names the
/// package), those of io::run_process.
Result<io::ProcessResult> run_condor(const std::vector<std::string>& command, Duration limit = 30s,
                                     std::size_t most_output = 65'536);

/// What a program of HTCondor said first, in one line, for a message.
std::string first_paragraph(const std::string& output);

}  // namespace ipop::condor
