// What a member costs the others, held to the budget of docs/wire/budget.md; larger rings are in tests/sim_large.

#include "support/ring_budget_check.hpp"

using namespace ipop::test_support;

TEST_CASE("a join, a leave and an idle minute of a ring of 128 keep the budget, kind by kind") {
  check_budget(128, "## A ring of 128");
}
