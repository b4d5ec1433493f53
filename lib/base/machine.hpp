#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace ipop {

/// Everything that decides is a machine: inputs and the time go in, outputs come out.
///
/// The rule of its owner: one input, then `poll_output` until it is empty, then `poll_timeout`,
/// then wait until that time or the next input. A machine reads no clock and gives no input to
/// another machine but those that it owns: its owner passes values on. What it only reads of another,
/// it may be handed as `const`; that does not change while it takes an input.
template <class M>
concept Machine = requires(M m, const M cm, TimePoint now) {
  typename M::Output;
  m.handle_timeout(now);
  { m.poll_output() } -> std::same_as<std::optional<typename M::Output>>;
  { cm.poll_timeout() } -> std::same_as<std::optional<TimePoint>>;
};

/// The outputs of a machine that its owner has not yet taken, oldest first. Between two inputs it is empty, and then
/// keeps room for a few only.
template <class Output>
class OutputQueue {
 public:
  void push(Output output) { outputs_.push_back(std::move(output)); }
  std::optional<Output> poll() {
    if (empty()) return std::nullopt;
    std::optional<Output> first(std::move(outputs_[taken_]));
    if (++taken_ == outputs_.size()) clear();
    return first;
  }
  [[nodiscard]] bool empty() const { return outputs_.empty(); }
  void clear() {
    outputs_.clear();
    taken_ = 0;
    if (outputs_.capacity() * sizeof(Output) > kept_octets) outputs_.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kept_octets = 1024;
  std::vector<Output> outputs_;
  std::size_t taken_ = 0;
};

/// For std::visit with one lambda an alternative.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// The earlier of two deadlines that may be absent.
inline std::optional<TimePoint> earliest(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

}  // namespace ipop
