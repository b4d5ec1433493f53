#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ipop::pool {

/// A key as HTCondor reads it, with the place that had the last word.
struct ReadKey {
  std::string key{};       ///< as HTCondor spells it
  std::string value{};     ///< macros as they were written
  std::string file{};      ///< "<Default>" where the value is the one that HTCondor has without any file
  std::size_t line = 0;    ///< 0: none is known
  std::string metaknob{};  ///< "SECURITY:STRONG" where a line `use ...` set it; empty: the line itself did
  friend bool operator==(const ReadKey&, const ReadKey&) = default;
};
/// By key in lower case: HTCondor doesn't mind the case.
using CondorReading = std::map<std::string, ReadKey>;

/// What `condor_config_val -dump -verbose` prints. Other lines are left out.
CondorReading parse_condor_reading(std::string_view text);

/// What a configuration's own lines `KEY = value` say of `key`, the last one; empty without one.
std::string value_in_config(std::string_view text, std::string_view key);

/// A key that HTCondor reads otherwise than it was written.
struct OverriddenKey {
  std::string written{};  ///< the key as it was written
  std::string value{};    ///< its value there
  ReadKey read{};         ///< what holds; its key may be that of one daemon, STARTD.ALLOW_DAEMON
  bool may_be = false;    ///< a policy or feature of HTCondor, which the machine's owner may set otherwise
  friend bool operator==(const OverriddenKey&, const OverriddenKey&) = default;
};

/// A configuration as it was written.
struct WrittenConfig {
  std::string_view text{};
  /// What `condor_config_val use` prints of the policies and features that it uses. HTCondor forgets that one of them
  /// set a key when it set what is the default.
  std::string_view templates{};
  std::string_view name{};  ///< how its file's name ends
};

/// Compares what a configuration sets, itself and by the metaknobs that it uses, with what holds beside all
/// other files. `alone` is HTCondor's reading of the files up to that one; `all` that of all files. Lists that may
/// grow (of daemons, attributes and requirements) may hold more than was written. In the order of the keys.
std::vector<OverriddenKey> find_overridden(const WrittenConfig& config, const CondorReading& alone,
                                           const CondorReading& all);

}  // namespace ipop::pool
