#include "authority/enrolment_record.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

EnrolmentRecord waiting_record() {
  EnrolmentRecord out;
  out.step = EnrolmentRecord::Step::waiting;
  out.authority.fill(std::byte{0x5a});
  out.authority_name = "lab";
  out.user = "bob";
  out.request = "3f2a91b0c4d5e6f7";
  out.at = WallTime{1'750'000'000};
  return out;
}

}  // namespace

TEST_CASE("how far a machine is on its way into a group is read as it was written") {
  const EnrolmentRecord waiting = waiting_record();
  CHECK(*parse_enrolment_record(to_toml(waiting), "lab.toml.asks") == waiting);
  EnrolmentRecord denied = waiting;
  denied.step = EnrolmentRecord::Step::denied;
  denied.reason = "who \"are\" \\ you?";
  CHECK(*parse_enrolment_record(to_toml(denied), "lab.toml.asks") == denied);
  EnrolmentRecord wanted;
  wanted.authority = waiting.authority;
  CHECK(*parse_enrolment_record(to_toml(wanted), "lab.toml.asks") == wanted);
  CHECK(enrolment_record_path("/etc/ipop/lab.toml") == "/etc/ipop/lab.toml.asks");
}

TEST_CASE("a server's reason cannot write a line of the record") {
  EnrolmentRecord record = waiting_record();
  record.reason = "no\"\nstep = \"wanted\"\x1b[2J \xc3\xa4";
  const auto read = parse_enrolment_record(to_toml(record), "lab.toml.asks");
  REQUIRE(read);
  CHECK(read->step == EnrolmentRecord::Step::waiting);
  CHECK(read->reason == "no\"?step = \"wanted\"?[2J ??");
}

TEST_CASE("a record that is none is refused with file and line") {
  const std::string whole = to_toml(waiting_record());
  for (const char* text : {"", "step = \"waiting\"\n", "step = \"gone\"\nauthority = \"5a\"\n", "nonsense"}) {
    CAPTURE(text);
    const auto read = parse_enrolment_record(text, "lab.toml.asks");
    REQUIRE_FALSE(read);
    CHECK(read.error().message().find("lab.toml.asks:") != std::string::npos);
  }
  CHECK_FALSE(parse_enrolment_record(whole + "more = 1\n", "lab.toml.asks"));
  CHECK_FALSE(parse_enrolment_record(whole + "at = 1\n", "lab.toml.asks"));
}
