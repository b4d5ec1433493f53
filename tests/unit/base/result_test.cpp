#include "base/result.hpp"

#include <memory>

#include <doctest/doctest.h>

using namespace ipop;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return {Errc::out_of_range, "odd number"};
  return number / 2;
}

}  // namespace

TEST_CASE("a result holds a value or the reason why there is none") {
  const auto good = half(8);
  REQUIRE(good);
  CHECK(*good == 4);
  CHECK(good.value_or(0) == 4);
  const auto bad = half(7);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::out_of_range);
  CHECK(bad.error().context == "odd number");
  CHECK(bad.value_or(-1) == -1);
}

TEST_CASE("and_then goes on with the value and stops at the first error") {
  CHECK(*half(8).and_then(half) == 2);
  CHECK(half(6).and_then(half).error().code == Errc::out_of_range);
  int calls = 0;
  const auto counted = half(5).and_then([&calls](int number) {
    ++calls;
    return half(number);
  });
  CHECK_FALSE(counted);
  CHECK(calls == 0);
}

TEST_CASE("a value that can only be moved is taken out of the result") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  REQUIRE(result);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 3);
}

TEST_CASE("a result without a value is success unless it was given an error") {
  const Result<void> good;
  CHECK(good);
  const Result<void> bad(Errc::conflict, "taken");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::conflict);
}

TEST_CASE("an error's message names the outermost context first, then the system's words") {
  const Error no_file = Error{std::make_error_code(std::errc::no_such_file_or_directory), "ca.key"}.in("reading");
  CHECK(no_file.message() == "reading: ca.key: No such file or directory");
  CHECK(make_error(make_error_code(Errc::truncated)).message() == "truncated");
  CHECK(make_error(make_error_code(Errc::truncated), "ARP packet").message() == "ARP packet");
}

TEST_CASE("every code of ours has words of its own") {
  for (int code = static_cast<int>(Errc::truncated); code <= static_cast<int>(Errc::out_of_range); ++code) {
    const std::error_code error = make_error_code(static_cast<Errc>(code));
    CHECK_FALSE(error.message().empty());
    CHECK(error.message() != "unknown error");
    CHECK(error.category().name() == std::string("ipop"));
  }
}
