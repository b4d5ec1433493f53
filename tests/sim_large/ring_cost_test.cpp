// What a member costs the others in rings of 500 and 1,000, held to the budget of docs/wire/budget.md.

#include "support/ring_budget_check.hpp"

using namespace ipop::test_support;

TEST_CASE("a join, a leave and an idle minute of a ring of 500 keep the budget, kind by kind") {
  check_budget(500, "## A ring of 500");
}

TEST_CASE("a join, a leave and an idle minute of a ring of 1,000 keep the budget, kind by kind") {
  check_budget(1000, "## A ring of 1,000");
}
