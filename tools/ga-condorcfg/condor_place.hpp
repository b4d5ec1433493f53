#pragma once

#include <string>
#include <vector>

#include "io/run_process.hpp"
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

/// Runs one of HTCondor's programs. Errors: not_found (it is not installed; the message names the
/// package), those of io::run_process.
Result<io::ProcessResult> run_condor(const std::vector<std::string>& command, Duration limit = 30s,
                                     std::size_t most_output = 65'536);

/// Writes the configuration, when it differs, and the files that it names; the previous text is kept. True
/// when something changed. Errors: errno, those of run_condor.
Result<bool> write_condor_files(const Context& context, const PoolFiles& files, const std::string& text);

/// What a program of HTCondor said first, in one line, for a message.
std::string first_paragraph(const std::string& output);

/// Reports an error of HTCondor's programs; the status that belongs to it.
cli::ExitStatus report_condor_error(const Context& context, const Error& error);

}  // namespace ipop::ga_condorcfg
