#include "node/own_certificate.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "crypto/certificate_authority.hpp"
#include "support/sim_authority.hpp"

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono;

namespace {

constexpr WallTime issued_on{1'767'225'600};
constexpr hours one_day{24};

struct Certified {
  explicit Certified(bool renews = true) : machine(certificate, clock, renews, 0) { clock.set(now, issued_on); }

  static crypto::Certificate sign(const test_support::SimAuthority& authority, const crypto::PrivateKey& key) {
    crypto::CertificateAuthority::Fields fields;
    fields.user = "alice";
    fields.group = "simulation";
    fields.serial = Bytes(16, std::byte{7});
    fields.not_before = issued_on;
    fields.not_after = issued_on + 90 * one_day;
    return *authority.authority().sign(key.public_key(), fields);
  }

  crypto::PrivateKey key = crypto::PrivateKey::from_seed(Bytes(32, std::byte{5}));
  test_support::SimAuthority authority{1, issued_on};
  crypto::Certificate certificate = sign(authority, key);
  TimePoint now{};
  WallClock clock;
  OwnCertificate machine;

  /// What it says until it is silent: "ask", or the text of a line.
  std::vector<std::string> said() {
    std::vector<std::string> out;
    while (auto output = machine.poll_output()) {
      const auto* line = std::get_if<LogLine>(&*output);
      out.push_back(line != nullptr ? line->text : "ask");
    }
    return out;
  }
  /// Goes from deadline to deadline until then.
  void run_to(TimePoint until) {
    while (const auto next = machine.poll_timeout()) {
      if (*next > until) break;
      now = *next;
      machine.handle_timeout(now);
    }
    now = until;
  }
};

using Said = std::vector<std::string>;
const Said asks = {"asking for the next certificate", "ask"};

}  // namespace

TEST_CASE("the next certificate is asked for at two thirds of its life, and only with an address") {
  Certified bench;
  bench.machine.handle_clock_set(bench.now);
  bench.run_to(TimePoint{} + 61 * one_day);
  CHECK(bench.said().empty());
  bench.machine.handle_lease(bench.now, true);
  CHECK(bench.said() == asks);
  // Who asked waits for the answer; after a failure it asks again, but not while it has no address.
  bench.run_to(bench.now + one_day);
  CHECK(bench.said().empty());
  bench.machine.handle_renewal_failure(bench.now, "nobody answers");
  CHECK(bench.said() == Said{"the certificate was not renewed"});
  REQUIRE(bench.machine.notices().size() == 1);
  CHECK(bench.machine.notices().front().ends_with("failed: nobody answers"));
  bench.run_to(bench.now + one_day);
  CHECK(bench.said() == asks);
  bench.machine.handle_renewal_failure(bench.now, "nobody answers");
  bench.machine.handle_lease(bench.now, false);
  bench.said();
  bench.run_to(bench.now + one_day);
  CHECK(bench.said().empty());
}

TEST_CASE("a node without an interface asks for none, and tells of the end all the same") {
  Certified bench(false);
  bench.machine.handle_clock_set(bench.now);
  bench.machine.handle_lease(bench.now, true);
  bench.run_to(TimePoint{} + 80 * one_day);
  const Said said = bench.said();
  REQUIRE_FALSE(said.empty());
  CHECK(said.back() == bench.machine.notices().front());
  for (const std::string& line : said)
    CHECK(line != "ask");
}

TEST_CASE("a revoked certificate is told of once, is a notice, and is not renewed") {
  Certified bench;
  bench.machine.handle_clock_set(bench.now);
  bench.machine.handle_trust(*bench.authority.trust());
  CHECK_FALSE(bench.machine.revoked());
  auto list = bench.authority.revoke({bench.key.public_key()}, {});
  const auto shut_out = *bench.authority.trust()->with_revocations(std::move(list));
  bench.machine.handle_trust(*shut_out);
  bench.machine.handle_trust(*shut_out);
  CHECK(bench.said() == Said{"this machine's certificate is revoked: no member talks to it any more"});
  CHECK(bench.machine.revoked() == shut_out->revocations()->issued());
  REQUIRE(bench.machine.notices().size() == 1);
  CHECK(bench.machine.notices().front().find("revoked by list 1 of the authority") != std::string::npos);
  bench.run_to(TimePoint{} + 61 * one_day);
  bench.machine.handle_lease(bench.now, true);
  CHECK(bench.said().empty());
}
