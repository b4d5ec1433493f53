#include "desk/published_lists.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "cli/human.hpp"
#include "io/file.hpp"

namespace ipop::desk {
namespace {

constexpr std::size_t list_size = std::size_t{16} << 20U;  // 100,000 users of 64 octets and more
// A CRL has to be fetched again before its end; half of this is how late a person may be.
constexpr std::chrono::hours crl_life{24 * 30};

/// The number in the first line of the CRL's file.
std::optional<std::uint64_t> number_of_crl(std::string_view pem) {
  constexpr std::string_view begin = "# CRL ";
  if (!pem.starts_with(begin)) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : pem.substr(begin.size(), 18)) {
    if (c < '0' || c > '9') break;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

}  // namespace

Result<void> PublishedLists::write(const authority::AuthorityBook& book,
                                   const crypto::CertificateAuthority& signer) const {
  crypto::CertificateAuthority::CrlFields crl{book.crl_number(), book.crl_issued(), book.crl_issued() + crl_life, {}};
  for (const authority::LedgerSigned* certificate : book.certificates()) {
    const auto since = book.revoked_since(certificate->key, certificate->user);
    if (since && certificate->not_after > crl.issued) crl.revoked.push_back({certificate->serial, *since});
  }
  const auto der = signer.sign_crl(crl);
  if (!der) return der.error();
  const std::string title = "# CRL " + std::to_string(crl.number) + " of " + book.made()->name + ", " +
                            cli::utc_text(crl.issued) + " to " + cli::utc_text(crl.next) + "\n";
  if (auto done = io::write_file_atomically(files_.crl(), title + crypto::crl_to_pem(*der), 0644); !done) return done;
  if (book.list_number() == 0) return {};

  crypto::RevocationList::Content content{book.list_number(), book.list_issued(), {}, {}};
  for (const auto& revoked : book.revocations()) {
    if (revoked.event.key) content.keys.push_back(*revoked.event.key);
    if (!revoked.event.user.empty()) content.users.push_back(revoked.event.user);
  }
  const auto list = crypto::RevocationList::sign(signer.key(), std::move(content));
  if (!list) return list.error();
  Bytes octets;
  encode(*list, octets);
  return io::write_file_atomically(files_.revocations(), as_text(octets), 0644);
}

std::optional<crypto::RevocationList> PublishedLists::list(const authority::AuthorityBook& book,
                                                           const crypto::Certificate& authority) const {
  const auto octets = io::read_file(files_.revocations(), list_size);
  if (!octets) return std::nullopt;
  auto list = crypto::decode_revocation_list(as_bytes(*octets));
  const bool good = list && list->number() == book.list_number() && list->is_signed_by(authority.public_key());
  return good ? std::optional(*std::move(list)) : std::nullopt;
}

Result<std::string> PublishedLists::crl() const {
  return io::read_file(files_.crl(), list_size);
}

bool PublishedLists::is_current(const authority::AuthorityBook& book, std::string_view pem) {
  return number_of_crl(pem) == book.crl_number();
}

bool PublishedLists::is_aged(const authority::AuthorityBook& book, WallTime now) {
  return now >= book.crl_issued() + crl_life / 2;
}

}  // namespace ipop::desk
