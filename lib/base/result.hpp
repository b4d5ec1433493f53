#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "base/errc.hpp"

namespace ipop {

/// The reason why there is no value.
struct Error {
  std::error_code code;  ///< what a program tests: std::errc, Errc, or errno
  std::string context;   ///< what a person reads, outermost first

  /// The same error seen from further out: `in("reading a.crt")` gives "reading a.crt: not PEM".
  [[nodiscard]] Error in(std::string_view outer) && {
    context = context.empty() ? std::string(outer) : std::string(outer) + ": " + context;
    return std::move(*this);
  }

  /// One line for a person: the context, then the code's own words when they add something.
  [[nodiscard]] std::string message() const {
    if (context.empty()) return code.message();
    if (code.category() == make_error_code(Errc::malformed).category()) return context;
    return context + ": " + code.message();
  }

  friend bool operator==(const Error&, const Error&) = default;
};

inline Error make_error(std::error_code code, std::string context = {}) {
  return Error{code, std::move(context)};
}

/// A value, or the reason why there is none (the names of std::expected).
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  Result(Errc code, std::string context = {})                                // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, Error{make_error_code(code), std::move(context)}) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// The value; having none is an error of the caller.
  [[nodiscard]] T& operator*() & { return checked(state_); }
  [[nodiscard]] const T& operator*() const& { return checked(state_); }
  [[nodiscard]] T&& operator*() && { return std::move(checked(state_)); }
  [[nodiscard]] T* operator->() { return &checked(state_); }
  [[nodiscard]] const T* operator->() const { return &checked(state_); }
  [[nodiscard]] T value_or(T other) const& { return has_value() ? **this : std::move(other); }

  [[nodiscard]] const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  /// Calls `next` with the value, or passes the error on. `next` returns a Result.
  template <class F>
  auto and_then(F&& next) && -> decltype(next(std::declval<T&&>())) {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(next)(*std::move(*this));
  }

 private:
  template <class State>
  static auto& checked(State& state) {
    auto* value = std::get_if<0>(&state);
    assert(value != nullptr);
    return *value;
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or the reason for failure.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT(google-explicit-constructor)
  Result(Errc code, std::string context = {})                       // NOLINT(google-explicit-constructor)
      : error_{make_error_code(code), std::move(context)}, failed_(true) {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const& {
    assert(failed_);
    return error_;
  }
  [[nodiscard]] Error&& error() && {
    assert(failed_);
    return std::move(error_);
  }

 private:
  Error error_{};
  bool failed_ = false;
};

}  // namespace ipop
