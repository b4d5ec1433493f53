#pragma once

#include <memory>
#include <optional>
#include <span>
#include <sys/uio.h>
#include <vector>

#include "base/bytes.hpp"

namespace ipop::io {

/// Reads or writes of one descriptor, many in one system call, in order (io_uring(7)). None waits for the descriptor.
/// One thread at a time.
class Uring {
 public:
  static constexpr std::size_t max_calls = 64;

  /// None where the kernel is older than 5.19 or does not let this process have one (kernel.io_uring_disabled, a
  /// container's filter). `fd` outlives it.
  static std::optional<Uring> open(int fd);

  /// One read into each place, one write of all pieces of each packet; at most max_calls. The octets of each, or
  /// -errno (-EAGAIN: it would wait; -EOPNOTSUPP: it can't be told not to, or the kernel took no more, and takes no
  /// more after that); valid until the next call.
  std::span<const int> read(std::span<const std::span<std::byte>> places);
  std::span<const int> write(std::span<const std::span<const iovec>> packets);

  Uring(Uring&&) noexcept;
  Uring& operator=(Uring&&) noexcept;
  ~Uring();

 private:
  struct State;
  explicit Uring(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace ipop::io
