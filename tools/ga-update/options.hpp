#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "layerstore/layer_store.hpp"
#include "updates/journal.hpp"

namespace ipop::ga_update {

inline constexpr const char* tool = "ga-update";

/// What may be taken of what is usually refused.
struct Tolerance {
  bool again = false;
  bool other_signer = false;
};

struct ShowStatus {};
struct ShowHistory {};
struct Check {
  std::string file{};
  bool packages = false;  ///< those of the machine, in place of a file
  Tolerance tolerance{};
};
/// Hours and minutes, or a day too; UTC.
struct Moment {
  std::optional<WallTime> time{};                ///< with a day
  std::optional<std::chrono::minutes> of_day{};  ///< the next time that a clock shows this
};
struct Apply {
  std::string file{};
  bool packages = false;
  Tolerance tolerance{};
  std::optional<updates::Wants> wants{};  ///< none: what this machine has
  std::chrono::seconds limit = std::chrono::minutes(10);
  std::uint64_t boots = 1;
  Moment at{};
  std::optional<std::chrono::seconds> within{};
  bool when_idle = false;
  std::string execute{};  ///< where HTCondor's jobs are; empty: HTCondor is asked
  std::optional<unsigned> share{};
  std::chrono::seconds every = std::chrono::minutes(15);
  std::string machines{};  ///< file with names; empty: HTCondor is asked
  std::string name{};      ///< this machine's among them; empty: HTCondor is asked
  bool no_restart = false;
};
struct Install {};
struct Confirm {};
struct Back {
  bool no_restart = false;
};
struct Hold {
  std::string reason{};
};
struct Unhold {};

using Verb = std::variant<ShowStatus, ShowHistory, Check, Apply, Install, Confirm, Back, Hold, Unhold>;

struct Options {
  layerstore::Places places{};
  std::string socket{};         ///< of the only node that is looked at; empty: those of all groups
  std::string run = "/run/ga";  ///< where the boot disk says what it has done
  bool dry_run = false;
  cli::OutputOptions output{};
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_update
