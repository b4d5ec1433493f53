#include "authority/ledger_mark.hpp"

#include <doctest/doctest.h>

#include "crypto/certificate_authority.hpp"

using namespace ipop;
using namespace ipop::authority;

namespace {

struct Authority {
  explicit Authority(std::string_view name)
      : key(crypto::PrivateKey::from_seed(as_bytes(name))),
        certificate(crypto::CertificateAuthority::create(key, name, Bytes(16, std::byte{5}), WallTime{1},
                                                         WallTime{2'000'000'000})
                        ->certificate()) {}
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

LedgerMark a_mark() {
  LedgerMark out{120, {}, WallTime{1'800'000'000}};
  out.link.fill(std::byte{0xab});
  return out;
}

}  // namespace

TEST_CASE("a mark that the authority signed is read as it was") {
  const Authority lab("lab");
  const std::string text = sign_ledger_mark(a_mark(), lab.certificate, lab.key);
  CHECK(text.size() < 512);  // of the 1024 octets of a value in the hash table
  const auto read = parse_ledger_mark(text, lab.certificate);
  REQUIRE(read);
  CHECK(*read == a_mark());
}

TEST_CASE("a mark counts for its own authority only, and not when it was changed") {
  const Authority lab("lab");
  const Authority other("other");
  const std::string text = sign_ledger_mark(a_mark(), lab.certificate, lab.key);
  CHECK_FALSE(parse_ledger_mark(text, other.certificate));
  std::string changed = text;
  changed.replace(changed.find("120"), 3, "121");
  const auto read = parse_ledger_mark(changed, lab.certificate);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::bad_checksum);
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(parse_ledger_mark(std::string_view(text).substr(0, size), lab.certificate));
  CHECK_FALSE(parse_ledger_mark(text + " ", lab.certificate));
}
