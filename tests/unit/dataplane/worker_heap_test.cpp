#include <atomic>
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "dataplane/worker.hpp"
#include "worker_fixtures.hpp"

// Counts what the program takes from the heap while a test asks for it.
namespace {
std::atomic<bool> counts_allocations{false};
std::atomic<std::size_t> allocations{0};
}  // namespace

// NOLINTBEGIN(misc-new-delete-overloads): every form of the library's ends in these.
void* operator new(std::size_t size) {
  if (counts_allocations) ++allocations;
  if (void* place = std::malloc(size == 0 ? 1 : size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
// NOLINTEND(misc-new-delete-overloads)

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

TEST_CASE("packets that pass through a member take nothing from the heap") {
  Relayed world;
  world.pass.loan = std::make_shared<Loan>(1'000'000'000);
  world.relay.handle_order(world.pass);
  const LargeFrame large = make_large(shape_of(40 * 1323), 1323);
  for (int round = 0; round < 6; ++round) {
    Bytes frame = frame_of(large.packet);
    allocations = 0;
    counts_allocations = round > 1;
    const auto arrived = world.arrive(world.send({large.header, frame}).sends);
    counts_allocations = false;
    CHECK(arrived.frames.size() == 1);
    CHECK(allocations == 0);
  }
}

TEST_CASE("packets that pass take nothing from the heap") {
  Pair pair;
  std::vector<LargeFrame> large;
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < 4; ++i)
    large.push_back(make_large(shape_of(40 * 1348), 1348));
  std::vector<net::TapFrame> input(100);
  Bytes wire(4 << 20);
  std::vector<net::Datagrams> arriving(200);
  for (int round = 0; round < 6; ++round) {
    frames.clear();
    for (const LargeFrame& frame : large)
      frames.push_back(frame_of(frame.packet));
    for (std::size_t i = 4; i < input.size(); ++i)
      frames.push_back(frame_of(make_packet(shape_of(64, ip::udp))));
    for (std::size_t i = 0; i < input.size(); ++i)
      input[i] = {i < 4 ? large[i].header : net::VnetHeader{}, frames[i]};
    allocations = 0;
    counts_allocations = round > 1;
    const auto sent = pair.left.handle_frames(pair.now, input);
    std::size_t used = 0;
    std::size_t count = 0;
    for (const net::Datagrams& run : sent.sends) {
      std::ranges::copy(run.octets, wire.begin() + static_cast<std::ptrdiff_t>(used));
      arriving[count++] = {left_endpoint, std::span(wire).subspan(used, run.octets.size()), run.segment};
      used += run.octets.size();
    }
    Worker::Place place;
    const auto arrived = pair.right.handle_datagrams(pair.now, std::span(arriving).first(count), place);
    counts_allocations = false;
    CHECK(arrived.frames.size() == input.size());
    CHECK(allocations == 0);
  }
}
