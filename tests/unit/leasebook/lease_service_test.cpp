#include "leasebook/lease_service.hpp"

#include <doctest/doctest.h>

#include "book_fixture.hpp"
#include "crypto/certificate_authority.hpp"
#include "leasing/lease_request.hpp"
#include "unit/io/full_disk.hpp"

namespace ipop::leasebook {
namespace {

const crypto::CertificateAuthority& authority() {
  static const auto made = *crypto::CertificateAuthority::create(crypto::PrivateKey::from_seed(as_bytes("authority")),
                                                                 "Lab", as_bytes("0123456789abcdef"),
                                                                 WallTime{1'700'000'000}, WallTime{1'900'000'000});
  return made;
}

/// A closed group whose server answers the members of authority().
struct Service {
  explicit Service(BookFixture& fixture) : f(fixture) {
    trust = *crypto::TrustStore::closed_group(authority().certificate());
  }

  leasing::LeaseRequest request(const std::string& user) {
    const auto key = crypto::PrivateKey::from_seed(as_bytes("key of " + user));
    const crypto::Digest256 serial = crypto::sha256(as_bytes(user));
    crypto::CertificateAuthority::Fields fields;
    fields.user = user;
    fields.group = "lab";
    fields.serial = to_bytes(ByteSpan(serial).first(16));
    fields.not_before = WallTime{1'790'000'000};
    fields.not_after = WallTime{1'810'000'000};
    const auto certificate = authority().sign(key.public_key(), fields);
    REQUIRE(certificate);
    leasing::LeaseRequest out;
    out.action = leasing::LeaseAction::obtain;
    out.name_space = f.group.name_space;
    out.node = *crypto::node_id_of(*certificate, crypto::GroupKind::closed);
    out.sequence = ++f.sequence;
    out.certificate = certificate->der();
    leasing::sign(out, key);
    fingerprints.push_back(certificate->key_fingerprint());
    return out;
  }
  Result<leasing::SoapLease> ask(const std::string& user) {
    const LeaseService::Question question{{request(user), true, {}}, {net::Ipv4Address(198, 51, 100, 7), 4000}};
    return service.answer(f.now, std::span(&question, 1)).front().lease;
  }
  void revoke(std::vector<crypto::Digest256> keys, std::vector<std::string> users) {
    auto list = crypto::RevocationList::sign(authority().key(), {++number, f.now, std::move(keys), std::move(users)});
    REQUIRE(list);
    trust = *trust->with_revocations(*std::move(list));
  }

  BookFixture& f;
  crypto::PrivateKey key = crypto::PrivateKey::from_seed(as_bytes("server"));
  std::shared_ptr<const crypto::TrustStore> trust;
  std::vector<crypto::Digest256> fingerprints;  // of those who asked
  std::uint64_t number = 0;
  LeaseService service{*f.book, key, [this](const LeaseGroup&) { return trust; }};
};

}  // namespace

TEST_CASE("what could not be written is no lease, and is not counted as one") {
  BookFixture f;
  Service service(f);
  {
    const FullDisk disk;
    CHECK_FALSE(service.ask("alice"));
  }
  CHECK(service.service.counters().get("lease_obtain") == 0);
  CHECK(service.service.counters().get("refused_unavailable") == 1);
  REQUIRE(service.ask("alice"));
  CHECK(service.service.counters().get("lease_obtain") == 1);
}

TEST_CASE("a request from a clock that is far ahead is refused, and shuts the node out of nothing") {
  BookFixture f;
  Service service(f);
  const std::uint64_t before = f.sequence;
  f.sequence = leasing::sequence_at(f.now + leasing::clock_tolerance + std::chrono::seconds(1));
  const auto ahead = service.ask("alice");
  REQUIRE_FALSE(ahead);
  CHECK(ahead.error().message().find("ahead") != std::string::npos);
  f.sequence = before;
  CHECK(service.ask("alice"));
  f.sequence = leasing::sequence_at(f.now + leasing::clock_tolerance) - 1;
  CHECK(service.ask("alice"));
}

TEST_CASE("S10: whoever is revoked, by key or by user, has no lease any more, and gets none") {
  BookFixture f;
  Service service(f);
  const auto alice = service.ask("alice");
  const auto bob = service.ask("bob");
  const auto carol = service.ask("carol");
  REQUIRE(alice);
  REQUIRE(bob);
  REQUIRE(carol);
  CHECK(service.service.end_revoked(f.now, f.group, *service.trust, {})->count == 0);
  SUBCASE("by key") {
    service.revoke({service.fingerprints[1]}, {});
  }
  SUBCASE("by user") {
    service.revoke({}, {"bob"});
  }
  f.now = f.now + std::chrono::seconds(1);
  CHECK(service.service.end_revoked(f.now, f.group, *service.trust, {})->count == 1);
  CHECK((*f.book->lease_of(f.group.id, bob->address))->released);
  CHECK((*f.book->lease_of(f.group.id, alice->address))->is_live(f.now));
  CHECK((*f.book->lease_of(f.group.id, carol->address))->is_live(f.now));
  CHECK(service.ask("bob").error().code == Errc::not_authorized);
  CHECK(service.service.end_revoked(f.now, f.group, *service.trust, {})->count == 0);
}

TEST_CASE("a server that follows another ends nothing by itself") {
  BookFixture f;
  Service service(f);
  const auto bob = service.ask("bob");
  REQUIRE(bob);
  f.write([&] { REQUIRE(f.book->set_follower(true)); });
  service.revoke({}, {"bob"});
  CHECK(service.service.end_revoked(f.now, f.group, *service.trust, {})->count == 0);
  CHECK((*f.book->lease_of(f.group.id, bob->address))->is_live(f.now));
}

}  // namespace ipop::leasebook
