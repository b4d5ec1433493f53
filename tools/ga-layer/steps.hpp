#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "verbs.hpp"

namespace ipop::ga_layer {

/// The steps of a verb. With --dry-run each says what it would do and does nothing: the plan that is printed is the
/// order in which the work is done.
class Steps {
 public:
  explicit Steps(const Context& context) : context_(context) {}

  /// Does the step, or takes it into the plan.
  Result<void> take(const std::string& text, const std::function<Result<void>()>& work);
  [[nodiscard]] bool is_plan() const { return context_.options.dry_run; }

  /// Prints the plan; without --dry-run says `done` (which is empty where there is nothing to say).
  cli::ExitStatus finish(const std::string& done);

 private:
  const Context& context_;
  std::vector<std::string> plan_;
};

}  // namespace ipop::ga_layer
