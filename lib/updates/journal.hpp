#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "layers/stack.hpp"

namespace ipop::updates {

/// How far an update has come. Each step is one replacement of the journal, so a loss of power leaves the step before
/// or the one after it.
enum class State {
  prepared,  ///< the release is in the store; the next boot keeps a copy of home and tries it
  trying,    ///< a boot of the new state has begun
  content,   ///< the new state is the machine's: what is left is to write that down
  back,      ///< it is given up: the next boot puts the old state in its place
  restored,  ///< that is done: what is left is to write it down
};
std::string_view to_string(State state);

/// What must be so before a new state is content.
struct Wants {
  bool node = false;  ///< it is in its group
  bool name = false;  ///< the machine's own name leads to its address
  bool pool = false;  ///< condor_status gets an answer
  friend bool operator==(const Wants&, const Wants&) = default;
};
/// `node,name,pool`, a part of it, or `none`.
std::string to_string(const Wants& wants);
Result<Wants> parse_wants(std::string_view text);

enum class ChangeKind {
  base,
  module,
  packages,  ///< those of the machine, by apt
};
std::string_view to_string(ChangeKind kind);

/// What changes: a layer goes from one release to a newer one, or the machine's packages to newer versions.
struct Change {
  ChangeKind kind = ChangeKind::base;
  std::string name{};      ///< the layer; of packages, what stands for their versions (name_of_plan)
  std::uint64_t from = 0;  ///< 0: there was none, as where the base is that of the boot disk
  std::uint64_t to = 0;    ///< of packages, how often they have been upgraded
  friend bool operator==(const Change&, const Change&) = default;
};
/// What a person calls that which changes: `debian`, or `packages`.
std::string subject(const Change& change);
/// And what it changes to: `debian-4`, `packages-2`.
std::string title(const Change& change);
/// `base debian 3 4`
std::string to_string(const Change& change);
/// Errors (malformed) in words that stand behind file and line.
Result<Change> parse_change(std::string_view words);

/// The update that is under way, which is the text `update/journal` of a store. The boot disk reads of it what it needs
/// (packaging/appliance/trial) and replaces the lines `state`, `boots` and `reason`.
struct Journal {
  State state = State::prepared;
  std::uint64_t boots = 1;       ///< boots of the new state that may still begin; 0 to most_boots
  std::chrono::seconds limit{};  ///< within which a boot must be content
  WallTime begun{};              ///< tells this update from all others
  Wants wants{};
  Change change{};
  std::vector<layers::StackLayer> tried{};  ///< the layers of the new state, the lowest first
  std::string reason{};                     ///< why it is given up; one line
  friend bool operator==(const Journal&, const Journal&) = default;
};
constexpr std::uint64_t most_boots = 9;
constexpr std::chrono::seconds longest_limit = std::chrono::hours(24);
constexpr std::size_t longest_reason = 200;
/// Whether a reason may stand in a text: visible ASCII without blanks around it, at most longest_reason.
bool is_reason(std::string_view text);

/// The text, lines in one form only. What parse_journal takes, to_string gives again.
std::string to_string(const Journal& journal);
/// Errors (malformed, truncated, unsupported): one line with `file`, line number, what is wrong.
Result<Journal> parse_journal(std::string_view text, std::string_view file);

/// The journal one step on. Errors (conflict): it is at another step, which the text says.
Result<Journal> when_content(const Journal& journal);
/// `reason` is cut to longest_reason, and what is no visible ASCII of it becomes a question mark.
Result<Journal> when_given_up(const Journal& journal, std::string_view reason);

}  // namespace ipop::updates
