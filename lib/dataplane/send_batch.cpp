#include "dataplane/send_batch.hpp"

#include <algorithm>

namespace ipop::dataplane {
namespace {

constexpr std::size_t first_capacity = 256 * 1024;

}  // namespace

std::byte* SendBatch::make_room(std::size_t octets) {
  if (used_ + octets > capacity_) {
    const std::size_t capacity = std::max(first_capacity, 2 * (used_ + octets));
    std::unique_ptr<std::byte[]> larger(new std::byte[capacity]);
    std::copy_n(octets_.get(), used_, larger.get());
    octets_ = std::move(larger);
    capacity_ = capacity;
  }
  return octets_.get() + used_;
}

void SendBatch::add(const net::Endpoint& to, std::size_t octets) {
  Run* last = runs_.empty() ? nullptr : &runs_.back();
  const bool fits = last != nullptr && last->to == to && octets <= last->segment &&
                    last->octets == last->count * last->segment && last->count < most_segments &&
                    last->octets + octets <= most_octets;
  if (!fits) last = &runs_.emplace_back(Run{to, used_, 0, octets, 0});
  last->octets += octets;
  ++last->count;
  used_ += octets;
}

std::span<const net::Datagrams> SendBatch::finish() {
  out_.clear();
  for (const Run& run : runs_)
    out_.push_back({run.to, {octets_.get() + run.begin, run.octets}, run.segment});
  return out_;
}

void SendBatch::clear() {
  runs_.clear();
  out_.clear();
  used_ = 0;
}

}  // namespace ipop::dataplane
