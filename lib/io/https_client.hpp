#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http.hpp"

namespace ipop::io {

/// The server of an HTTPS exchange, and how each side knows the other. All PEM.
struct HttpsPeer {
  std::string host{};  ///< a name or an IP literal, without brackets
  std::uint16_t port = 443;
  /// The only authority whose server is believed; its certificate has to name `host`. Empty: a server is
  /// taken as it comes, and nothing that it says may be trusted (RFC 7030, 4.1.1).
  std::string authority{};
  /// The client's own certificate and key; empty: none is shown.
  std::string certificate{};
  std::string key{};
  bool is_plain = false;  ///< HTTP without TLS, for requests and answers that prove themselves
};

/// Of an answer's body.
constexpr std::size_t max_https_answer = std::size_t{256} * 1024;

/// Sends one request and waits for the answer: TLS 1.2 or 1.3, no redirection, no proxy, whatever the
/// environment says. For tools: blocks, `limit` at most.
///
/// Errors: std::errc::connection_refused (nobody listens there, or no way leads there), timed_out,
/// Errc::not_authorized (the server is not the authority's, or has another name), not_found (an unknown name),
/// too_large, malformed (not HTTP, or our own certificate is no good), not_connected (it hung up).
Result<net::HttpAnswer> exchange_https(const HttpsPeer& peer, const net::HttpRequest& request, Duration limit);

}  // namespace ipop::io
