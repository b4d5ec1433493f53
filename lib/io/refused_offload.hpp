#pragma once

#include <algorithm>
#include <cstdint>

namespace ipop::io {

/// Whether an offload is in use of which the kernel says only in the call that it can't be done this time: a device
/// without it, a route that was changed, or memory that ran out.
///
/// After a refusal it is left out for some calls, and for twice as many after the next one unless it worked in between:
/// so a single refusal costs little, and a device that never has it some calls in a hundred thousand.
class RefusedOffload {
 public:
  // Ours. A thousandth of a second's worth at full speed, and some seconds' worth.
  static constexpr std::uint32_t shortest = 256;
  static constexpr std::uint32_t longest = 65'536;

  explicit RefusedOffload(bool wanted = true) : wanted_(wanted) {}

  [[nodiscard]] bool in_use() const { return wanted_ && left_ == 0; }
  void handle_refusal() {
    left_ = pause_;
    pause_ = std::min(2 * pause_, longest);
  }
  void handle_success() { pause_ = shortest; }
  /// One call was made without it.
  void handle_call_without() { left_ -= std::min<std::uint32_t>(left_, 1); }

  friend bool operator==(const RefusedOffload&, const RefusedOffload&) = default;

 private:
  bool wanted_;
  std::uint32_t left_ = 0;  // calls until it is tried again
  std::uint32_t pause_ = shortest;
};

}  // namespace ipop::io
