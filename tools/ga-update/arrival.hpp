#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/progress.hpp"
#include "layers/stack.hpp"
#include "updates/journal.hpp"
#include "verbs.hpp"

namespace ipop::ga_update {

/// What an update brings: a release of a layer, or newer packages.
class Arrival {
 public:
  Arrival() = default;
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;
  Arrival(Arrival&&) = delete;
  Arrival& operator=(Arrival&&) = delete;
  virtual ~Arrival() = default;

  /// Looks whether it may be tried; what it changes, none: nothing. Called first, and once more under the store's lock,
  /// since others may have been at work while the machine waited.
  virtual Result<std::optional<updates::Change>> consider() = 0;

  // All below after consider().
  /// `debian-4`
  [[nodiscard]] virtual std::string name() const = 0;
  /// Where there is nothing to change.
  [[nodiscard]] virtual std::string text_of_no_change() const = 0;
  /// What machines that go in waves take for this update; the same on all of them.
  [[nodiscard]] virtual std::string name_for_waves() const = 0;
  /// Octets that it needs in the store, beside the copy of home.
  [[nodiscard]] virtual Result<std::uint64_t> octets() const = 0;
  /// What bring() does, in words.
  [[nodiscard]] virtual std::vector<std::string> steps() const = 0;
  /// Puts it into the store, where it is not used before the journal names it. Nothing of it is left when that fails.
  virtual Result<void> bring(cli::Progress& progress) = 0;
  /// Takes it out again.
  virtual void drop() = 0;
  /// The layers of the new state.
  [[nodiscard]] virtual std::vector<layers::StackLayer> layers() const = 0;
};

std::unique_ptr<Arrival> make_release_arrival(const Context& context, const Apply& verb);
std::unique_ptr<Arrival> make_packages_arrival(const Context& context, const Tolerance& tolerance);

}  // namespace ipop::ga_update
