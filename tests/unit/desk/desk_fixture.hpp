#pragma once

#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "authority/authority_policy.hpp"
#include "authority/pinned_addresses.hpp"
#include "base/bytes.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/private_key.hpp"
#include "desk/authority_desk.hpp"
#include "io/file.hpp"
#include "unit/io/temp_dir.hpp"

namespace ipop::test {

inline constexpr WallTime wall{1'800'000'000};

inline crypto::PrivateKey key_of(std::string_view owner) {
  return crypto::PrivateKey::from_seed(as_bytes(owner));
}
/// What the owner of the key asks for.
inline crypto::CertificateRequest asks(std::string_view owner, const std::string& user,
                                       const std::vector<net::Ipv4Address>& addresses = {}) {
  return *crypto::CertificateRequest::build(key_of(owner), {user, authority::pinned_of(addresses)});
}

/// An authority in a directory of its own.
class Office {
 public:
  Office() : desk_(*desk::AuthorityDesk::make(directory(), "lab", std::nullopt, life, wall)) {}

  static constexpr std::chrono::hours life{24 * 3650};

  [[nodiscard]] std::string directory() const { return dir_.file("lab"); }
  [[nodiscard]] std::string file(const std::string& name) const { return directory() + "/" + name; }
  [[nodiscard]] std::string read(const std::string& name) const { return *io::read_file(file(name), 1U << 24U); }
  void write(const std::string& name, std::string_view octets) const {
    REQUIRE(io::write_file_atomically(file(name), octets, 0644));
  }
  void set(const authority::AuthorityPolicy& policy) const { write("policy.toml", to_toml(policy)); }

  /// Another process at the same authority.
  [[nodiscard]] Result<desk::AuthorityDesk> another() const {
    return desk::AuthorityDesk::open(directory(), []() -> Result<std::string> { return Errc::not_authorized; });
  }
  [[nodiscard]] crypto::Certificate signed_for(std::string_view owner, const std::string& user, WallTime now = wall) {
    auto certificate = desk_.sign(asks(owner, user), {}, now);
    REQUIRE(certificate);
    return *std::move(certificate);
  }
  desk::AuthorityDesk& desk() { return desk_; }

 private:
  TempDir dir_;
  desk::AuthorityDesk desk_;
};

template <class T>
std::error_code code_of(const Result<T>& result) {
  return result ? std::error_code() : result.error().code;
}

using What = desk::AuthorityDesk::State::What;

}  // namespace ipop::test
