#include "condor/condor_program.hpp"

#include <doctest/doctest.h>

#include "fake_condor.hpp"

using namespace ipop;

TEST_CASE("a program of HTCondor that is not there is named with the package that has it, also behind env") {
  const FakeCondor machine;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"condor_none", "-x"}, {"env", "CONDOR_CONFIG=x", "condor_none"}}) {
    const auto ran = condor::run_condor(command);
    REQUIRE_FALSE(ran);
    CHECK(ran.error().code == Errc::not_found);
    CHECK(ran.error().context == "HTCondor is not installed (no program condor_none); install the package condor");
  }
}

TEST_CASE("a program that refuses is an answer") {
  FakeCondor machine;
  machine.write("condor_q", "echo no queue; exit 1");
  const auto ran = condor::run_condor({"condor_q"});
  REQUIRE(ran);
  CHECK(ran->status == 1);
  CHECK(ran->output == "no queue\n");
}

TEST_CASE("a message has a program's first paragraph in one line") {
  CHECK(condor::first_paragraph("one\ntwo\n\nthree\n") == "one two");
  CHECK(condor::first_paragraph(std::string(600, 'x')).size() == 512);
}
