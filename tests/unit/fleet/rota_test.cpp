#include "fleet/rota.hpp"

#include <doctest/doctest.h>

using namespace ipop::fleet;

TEST_CASE("no more hosts are worked on at a time than was said") {
  Rota rota(3, 2, Rota::AfterFailure::go_on);
  CHECK(rota.next() == 0);
  CHECK(rota.next() == 1);
  CHECK(!rota.next());
  rota.handle_end(false);
  CHECK(rota.next() == 2);
  CHECK(!rota.is_done());
  rota.handle_end(true);
  rota.handle_end(true);
  CHECK(rota.is_done());
  CHECK(rota.ended() == 3);
}

TEST_CASE("after a failure no host is begun where the others must not be risked, and those that were are waited for") {
  Rota rota(4, 2, Rota::AfterFailure::stop);
  CHECK(rota.next() == 0);
  CHECK(rota.next() == 1);
  rota.handle_end(false);
  CHECK(!rota.next());
  CHECK(!rota.is_done());
  rota.handle_end(true);
  CHECK(!rota.next());
  CHECK(rota.is_done());
  CHECK(rota.ended() == 2);
}
