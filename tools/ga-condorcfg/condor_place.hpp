#pragma once

#include <string>
#include <vector>

#include "pool/condor_config.hpp"
#include "pool_files.hpp"

namespace ipop::ga_condorcfg {

/// The configuration's name in HTCondor's directory.
inline constexpr const char* config_name = "50-grid-appliance";

/// Where HTCondor finds what is written; absolute.
struct CondorPaths {
  std::string config{};     ///< config.d/50-grid-appliance
  std::string previous{};   ///< the text before; HTCondor passes over names that end in ~
  std::string authority{};  ///< grid-appliance/authority.pem
  std::string map{};        ///< grid-appliance/map
  std::string secret{};     ///< passwords.d/grid-appliance, of an open group
  std::string token{};      ///< tokens.d/grid-appliance, likewise
};
CondorPaths condor_paths(const Context& context);

/// Writes the configuration, when it differs, and the files that it names; the previous text is kept. True
/// when something changed. Errors: errno, those of condor::run_condor.
Result<bool> write_condor_files(const Context& context, const PoolFiles& files, const std::string& text);

/// Reports an error of HTCondor's programs; the status that belongs to it.
cli::ExitStatus report_condor_error(const Context& context, const Error& error);

}  // namespace ipop::ga_condorcfg
