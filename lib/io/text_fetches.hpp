#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/event_loop.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Fetches the texts of TextServers, several at once.
class TextFetches {
 public:
  /// The text under this number, or why there is none: too_large, timed_out, errno. The fetch is over.
  using Handler = std::function<void(std::uint64_t number, Result<std::string> text)>;

  /// A text may have `max_octets` and take `limit`.
  TextFetches(EventLoop& loop, std::size_t max_octets, Duration limit, Handler handler);
  TextFetches(const TextFetches&) = delete;
  TextFetches& operator=(const TextFetches&) = delete;
  ~TextFetches();

  /// The caller bounds how many there are, and uses each number once. The handler is called from the loop.
  void begin(std::uint64_t number, const net::Endpoint& server);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Fetch;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ipop::io
