#include "updates/repositories.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::updates;

namespace {

std::string verdict(const Result<void>& result) {
  return result ? std::string("taken") : result.error().message();
}

}  // namespace

TEST_CASE("S20: repositories of another release than the machine's are not mixed in") {
  const auto judged = [](std::string_view output) {
    const auto repositories = parse_indextargets(output);
    return repositories ? verdict(check_releases(*repositories, "trixie")) : repositories.error().message();
  };
  CHECK(judged("/s:1\ttrixie\thttp://d\n/s:1\ttrixie-security\thttp://s\n/s:2\ttrixie-updates\thttp://d\n") == "taken");
  CHECK(judged("/s:1\ttrixie\thttp://d\n/s:2\tsid\thttp://d\n") ==
        "/s:2: http://d is for sid, and this machine is of trixie");
  CHECK(judged("/s:1\ttrixieold\thttp://d\n") == "/s:1: http://d is for trixieold, and this machine is of trixie");
  CHECK(judged("/s:1\t$(CODENAME)\tfile:/x\n") == judged("/s:1\t\tfile:/x\n"));
  CHECK(judged("/s:1\t\tfile:/x\n") == "/s:1: file:/x is for no release that it names, and this machine is of trixie");
  CHECK(judged("") == "apt has no repository whose lists were read");
  CHECK(judged("trixie\n") == "apt says of its lists what is not understood");
}

TEST_CASE("S20: an option that takes unsigned packages is found in each form") {
  const auto line = [](std::string_view text) { return verdict(check_sources(text, "/a.list")); };
  const auto field = [](std::string_view text) { return verdict(check_sources(text, "/a.sources")); };
  constexpr const char* refused = ": an option there takes packages that nobody has signed";
  CHECK(line("# comment\n\ndeb [signed-by=/k.gpg] http://d trixie main\ndeb http://d trixie main") == "taken");
  CHECK(line("deb http://d trixie main\ndeb [arch=amd64 Trusted=YES] http://d trixie main\n") ==
        std::string("/a.list, line 2") + refused);
  CHECK(line("deb [ allow-insecure=true ] http://d trixie main") == std::string("/a.list, line 1") + refused);
  CHECK(line("deb [trusted=no] http://d trixie main") == "taken");
  CHECK(line("  # deb [trusted=yes] http://d trixie main") == "taken");
  CHECK(field("Types: deb\nURIs: http://d\nSigned-By: /k.gpg\n") == "taken");
  CHECK(field("Types: deb\n# Trusted: yes\nTrusted: no\n") == "taken");
  CHECK(field("Types: deb\ntrusted:  yes\n") == std::string("/a.sources, line 2") + refused);
  CHECK(field("Allow-Weak: with\n") == std::string("/a.sources, line 1") + refused);
  // It would go on in the next line.
  CHECK(field("Trusted:\n yes\n") == std::string("/a.sources, line 1") + refused);
}
