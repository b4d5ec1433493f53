#include "io/refused_offload.hpp"

#include <doctest/doctest.h>

using namespace ipop::io;

namespace {

/// Calls without it until it is tried again.
std::uint32_t pause_of(RefusedOffload& offload) {
  std::uint32_t out = 0;
  for (; !offload.in_use(); ++out)
    offload.handle_call_without();
  return out;
}

}  // namespace

TEST_CASE("an offload that is refused once is in use again after some calls") {
  RefusedOffload offload;
  CHECK(offload.in_use());
  offload.handle_refusal();
  CHECK_FALSE(offload.in_use());
  CHECK(pause_of(offload) == RefusedOffload::shortest);
  offload.handle_success();
  offload.handle_refusal();
  CHECK(pause_of(offload) == RefusedOffload::shortest);
}

TEST_CASE("an offload that is refused every time is tried ever less, and not never") {
  RefusedOffload offload;
  std::uint32_t last = 0;
  for (int refusals = 0; refusals < 20; ++refusals) {
    offload.handle_refusal();
    const std::uint32_t pause = pause_of(offload);
    CHECK((pause == 2 * last || last == 0 || pause == RefusedOffload::longest));
    last = pause;
  }
  CHECK(last == RefusedOffload::longest);
}

TEST_CASE("an offload that nobody wants never comes") {
  RefusedOffload offload(false);
  CHECK_FALSE(offload.in_use());
  offload.handle_call_without();
  CHECK_FALSE(offload.in_use());
}
