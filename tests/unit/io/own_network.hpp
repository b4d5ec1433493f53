#pragma once

#include <functional>

#include <doctest/doctest.h>

#include "support/own_network.hpp"

/// The same as in support, and says when it ran nothing.
inline bool in_own_network(const std::function<void()>& body) {
  const bool made = ipop::test_support::in_own_network(body);
  if (!made) MESSAGE("skipped: no right to make a network namespace");
  return made;
}
