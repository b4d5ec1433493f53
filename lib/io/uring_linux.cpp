#include "io/uring.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <liburing.h>
#include <sys/uio.h>
#include <utility>

namespace ipop::io {

struct Uring::State {
  io_uring ring{};
  // Not registered with the ring: the kernel gives a ring back some time after its end, and the file only then.
  int fd = -1;
  bool is_open = false;
  std::vector<int> results;

  State() { results.reserve(max_calls); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { end(); }
  void end() {
    if (std::exchange(is_open, false)) io_uring_queue_exit(&ring);
  }

  /// Calls `prepare` for each of `count` entries and has them carried out. None waits, so each ends within the call;
  /// where the kernel does not take them, the ring is ended: it would keep them for the next call.
  template <class Prepare>
  std::span<const int> call(std::size_t count, Prepare prepare) {
    count = std::min(count, max_calls);
    results.assign(count, -EOPNOTSUPP);
    if (!is_open) return results;
    for (std::size_t i = 0; i < count; ++i) {
      io_uring_sqe* entry = io_uring_get_sqe(&ring);
      prepare(entry, i);
      // A non-blocking descriptor alone would have the ring wait for it.
      entry->rw_flags = RWF_NOWAIT;
      io_uring_sqe_set_data64(entry, i);
    }
    for (std::size_t ended = 0; ended < count;) {
      const int done = io_uring_submit_and_wait(&ring, static_cast<unsigned>(count - ended));
      std::array<io_uring_cqe*, max_calls> entries{};
      const unsigned got = io_uring_peek_batch_cqe(&ring, entries.data(), max_calls);
      for (const io_uring_cqe* entry : std::span(entries).first(got))
        results[entry->user_data] = entry->res;
      io_uring_cq_advance(&ring, got);
      ended += got;
      if (got == 0 && done <= 0 && done != -EINTR) {
        end();
        break;
      }
    }
    return results;
  }
};

std::optional<Uring> Uring::open(int fd) {
  auto state = std::make_unique<State>();
  // Kernels from 5.19 on know the flag, and do at once what does not block.
  if (io_uring_queue_init(max_calls, &state->ring, IORING_SETUP_COOP_TASKRUN) != 0) return {};
  state->is_open = true;
  state->fd = fd;
  return Uring(std::move(state));
}

std::span<const int> Uring::read(std::span<const std::span<std::byte>> places) {
  return state_->call(places.size(), [&](io_uring_sqe* entry, std::size_t i) {
    io_uring_prep_read(entry, state_->fd, places[i].data(), static_cast<unsigned>(places[i].size()), 0);
  });
}

std::span<const int> Uring::write(std::span<const std::span<const iovec>> packets) {
  return state_->call(packets.size(), [&](io_uring_sqe* entry, std::size_t i) {
    io_uring_prep_writev(entry, state_->fd, packets[i].data(), static_cast<unsigned>(packets[i].size()), 0);
  });
}

Uring::Uring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Uring::Uring(Uring&&) noexcept = default;
Uring& Uring::operator=(Uring&&) noexcept = default;
Uring::~Uring() = default;

}  // namespace ipop::io
