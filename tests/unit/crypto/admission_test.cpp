#include "crypto/admission.hpp"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

/// Remembers on what a handshake was to be judged, and makes none.
class Asked final : public HandshakeFactory {
 public:
  [[nodiscard]] Beginning look_at(ByteSpan /*stream*/) const override { return Beginning::whole; }
  std::unique_ptr<Handshake> make(HandshakeRole /*role*/, WallTime wall,
                                  const std::shared_ptr<const TrustStore>& trust) override {
    judged.emplace_back(wall, trust);
    return nullptr;
  }

  std::vector<std::pair<WallTime, std::shared_ptr<const TrustStore>>> judged;
};

/// Two tables of one node: its links, and its sessions end to end.
struct TwoTables {
  Basis basis = [] {
    Basis out;
    out.set_trust(closed_group());
    return out;
  }();
  Asked asked;
  Admission links{basis, asked};
  Admission sessions{basis, asked};
};

TEST_CASE("S10: once a list is in the basis no table of the node admits whom it names, and none waits to be told") {
  TwoTables node;
  const auto low = closed_group()->verify(low_and_high_member().first.certificate, wall_at_start);
  REQUIRE(low);
  CHECK(node.links.admits(*low));
  CHECK(node.sessions.admits(*low));
  node.basis.set_trust(closed_group_without({low->key}));
  CHECK_FALSE(node.links.admits(*low));
  CHECK_FALSE(node.sessions.admits(*low));
}

TEST_CASE("S21: handshakes of all tables begin with the same list and by the same clock") {
  TwoTables node;
  const auto list = closed_group_without({}, {"mallory"});
  node.basis.set_wall_time(TimePoint{} + 1h, wall_at_start);
  node.basis.set_trust(list);
  const TimePoint now = TimePoint{} + 1h + 5s;
  CHECK(node.links.begin(now, HandshakeRole::client) == nullptr);
  CHECK(node.sessions.begin(now, HandshakeRole::server) == nullptr);
  const std::pair judged(wall_at_start + std::chrono::seconds(5), list);
  CHECK(node.asked.judged == std::vector(2, judged));
}

TEST_CASE("each table learns once that the group is another, and a newer list is no other group") {
  TwoTables node;
  for (Admission* table : {&node.links, &node.sessions})
    CHECK_FALSE(table->take_group_changed());
  node.basis.set_trust(closed_group_without({}, {"mallory"}));
  CHECK_FALSE(node.links.take_group_changed());
  node.basis.set_trust(TrustStore::open_group());
  // Back again, but who was admitted was admitted to another group meanwhile.
  node.basis.set_trust(closed_group());
  for (Admission* table : {&node.links, &node.sessions}) {
    CHECK(table->take_group_changed());
    CHECK_FALSE(table->take_group_changed());
  }
}

}  // namespace
}  // namespace ipop::crypto::test
