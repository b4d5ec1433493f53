#pragma once

#include <optional>
#include <string>
#include <variant>

#include "authority/enrolment_token.hpp"
#include "crypto/certificate.hpp"
#include "io/https_client.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// Which authority is meant, as typed.
struct AuthorityChoice {
  std::string server{};       ///< HOST:PORT; empty: announced in the open group
  std::string fingerprint{};  ///< hexadecimal; empty: a terminal is asked
  std::string group{};        ///< the group in which it is announced
  /// Names the authority too; must agree with `fingerprint`, when that is given.
  std::optional<authority::EnrolmentToken> token{};
};

/// An authority that was recognised by its fingerprint, and its server. Only a server that this
/// authority certified is talked to through `peer`.
struct KnownAuthority {
  io::HttpsPeer peer{};
  crypto::Certificate certificate{};
};

/// Finds the server, fetches the authority's certificate from it without believing anything else, and
/// compares the fingerprint with the one given, or has a person compare it (RFC 7030, 4.1.1).
/// `own_key` is the requester's, which the person at the authority compares.
///
/// A failure has been reported: `usage` (neither a fingerprint nor a terminal), `no` (another authority,
/// nobody there, not confirmed), `unreachable` (no node to ask), `timed_out`.
std::variant<KnownAuthority, cli::ExitStatus> find_authority(const Context& context, const AuthorityChoice& choice,
                                                             const crypto::Digest256& own_key);

/// Reports a failed exchange with a server.
cli::ExitStatus report_server(const Context& context, const io::HttpsPeer& peer, const Error& error);

}  // namespace ipop::ga_cert
