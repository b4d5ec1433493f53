#pragma once

#include <cassert>
#include <cstddef>
#include <optional>

namespace ipop::fleet {

/// Whose turn it is: hosts in their order, at most so many at a time; after a failure none is begun any more where the
/// others must not be risked.
class Rota {
 public:
  enum class AfterFailure { go_on, stop };

  Rota(std::size_t hosts, std::size_t at_once, AfterFailure after) : hosts_(hosts), at_once_(at_once), after_(after) {
    assert(at_once > 0);
  }

  /// The host that is begun next; none: wait for the end of one, or all are done.
  std::optional<std::size_t> next() {
    if (stopped_ || begun_ == hosts_ || running_ == at_once_) return std::nullopt;
    ++running_;
    return begun_++;
  }
  /// One that was begun has ended.
  void handle_end(bool good) {
    assert(running_ > 0);
    --running_;
    stopped_ = stopped_ || (!good && after_ == AfterFailure::stop);
  }
  /// None runs, and none is begun any more.
  [[nodiscard]] bool is_done() const { return running_ == 0 && (stopped_ || begun_ == hosts_); }
  [[nodiscard]] std::size_t ended() const { return begun_ - running_; }

 private:
  std::size_t hosts_;
  std::size_t at_once_;
  AfterFailure after_;
  std::size_t begun_ = 0;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace ipop::fleet
