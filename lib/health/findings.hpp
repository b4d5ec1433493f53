#pragma once

// What facts mean: each thing that was looked at is good, or what is wrong, why, and the command that puts it right.
// Decides only; tools/ga looks and writes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "health/facts.hpp"

namespace ipop::health {

enum class Verdict {
  good,
  note,  ///< nothing is wrong, but somebody may want to know
  wrong,
};

struct Finding {
  std::string topic{};  ///< `files`, `clock`, `node`, ...: the first word of its line
  Verdict verdict = Verdict::good;
  std::string what{};          ///< one sentence
  std::string why{};           ///< what follows from it, or where it comes from; may be empty
  std::string command{};       ///< to type; may be empty
  bool explains_rest = false;  ///< what comes later can't be good while this is wrong
};

std::string_view to_string(Verdict verdict);

/// Of a firewall that is in force: for whom.
std::string words_of_applied(const FirewallFact& firewall);

/// In the order in which a person would look: files, clock, node, uplink, bootstrap, ring, NAT, certificate, address,
/// names, path, firewall, pool. Ends with the first one that explains the rest.
std::vector<Finding> findings_of(const Facts& facts);

/// The first thing to do: the command of the first finding that is wrong and has one, else what would take this
/// machine a step further (a request that waits, others to invite). None: nothing is left to do.
std::optional<std::string> next_step(const Facts& facts, const std::vector<Finding>& findings);

/// How to start the node of a group on this machine.
std::string start_command(const Facts& facts);

}  // namespace ipop::health
