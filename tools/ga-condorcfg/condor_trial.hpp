#pragma once

#include <string>
#include <vector>

#include "pool/condor_reading.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {

/// Whether HTCondor would take `text` for this machine's configuration beside what else is in its
/// directories. Errors: malformed, with HTCondor's own words; those of run_condor; errno.
Result<void> try_config(const Context& context, const std::string& text);

/// What the configuration `text`, which is in its place, sets and other files of HTCondor take back. Errors: as above.
Result<std::vector<pool::OverriddenKey>> overridden_keys(const Context& context, const std::string& text);

}  // namespace ipop::ga_condorcfg
