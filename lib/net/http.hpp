#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace ipop::net {

/// An HTTP request (RFC 9110) as far as this project looks at one.
struct HttpRequest {
  std::string method{"GET"};
  std::string path{"/"};  ///< as it was sent, without the query: %-escapes are left alone
  std::string content_type{};
  std::string body{};
  /// DER of the certificate whose key the client holds, as TLS has proved; empty without one. Who
  /// signed it, and whether it is valid, is for the reader to judge.
  Bytes client_certificate{};
  std::string query{};          ///< `name=value` pairs between `&`, without their escapes
  std::string host{};           ///< the header of that name
  std::string authorization{};  ///< the header of that name (RFC 9110, 11.6.2); a secret
};

/// An HTTP answer, likewise.
struct HttpAnswer {
  unsigned status = 200;
  std::string content_type{};
  std::string body{};
  std::optional<std::chrono::seconds> retry_after{};
  std::string allow{};  ///< the methods that a path takes; with status 405
};

}  // namespace ipop::net
