#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Turns host names into endpoints without holding up the loop.
///
/// getaddrinfo(3) may take half a minute, so it runs in a thread of its own; the result comes from the
/// loop. A program that ends does not wait for it.
class Resolver {
 public:
  using Handler = std::function<void(Result<std::vector<net::Endpoint>>)>;

  static Result<Resolver> open(EventLoop& loop);
  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  /// No handler is called after this.
  ~Resolver();

  /// Calls `handler` once, always from the loop. An IP literal needs no thread; of names 16 are looked up at a time,
  /// and 1024 wait for their turn. Errors: Errc::not_found with the resolver's words, exhausted.
  void resolve(const std::string& host, std::uint16_t port, Handler handler);

 private:
  struct State;
  explicit Resolver(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace ipop::io
