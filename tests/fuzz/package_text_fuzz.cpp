#include <cstdint>
#include <cstdlib>

#include "updates/debian_version.hpp"
#include "updates/package_plan.hpp"
#include "updates/repositories.hpp"

using namespace ipop;
using namespace ipop::updates;

namespace {

void check_simulation(std::string_view text) {
  const auto plan = parse_simulation(text);
  if (!plan) return;
  (void)check_no_downgrade(*plan);
  const auto read = parse_plan(to_string(*plan), "p");
  if (!read || *read != *plan) std::abort();
}

void check_plan_text(std::string_view text) {
  const auto plan = parse_plan(text, "p");
  if (plan && to_string(*plan) != text) std::abort();
}

void check_repository_text(std::string_view text) {
  (void)check_sources(text, "a.list");
  (void)check_sources(text, "a.sources");
  if (const auto repositories = parse_indextargets(text)) (void)check_releases(*repositories, "trixie");
}

/// Two versions, one a line.
void check_versions(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  const std::string_view a = text.substr(0, end);
  const std::string_view b = text.substr(end + 1);
  const auto there = compare_debian_versions(a, b);
  const auto back = compare_debian_versions(b, a);
  if ((there < 0) != (back > 0) || (there == 0) != (back == 0) || compare_debian_versions(a, a) != 0) std::abort();
}

}  // namespace

// The first octet says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0: check_simulation(rest); break;
    case 1: check_plan_text(rest); break;
    case 2: check_repository_text(rest); break;
    default: check_versions(rest); break;
  }
  return 0;
}
