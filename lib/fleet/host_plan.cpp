#include "fleet/host_plan.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "settings/wording.hpp"

namespace ipop::fleet {
namespace {

constexpr std::string_view debian = "debian ";

void plan_repository(const Repository& repository, const Report& report, HostPlan& plan) {
  const std::string key_file =
      std::string("/etc/apt/keyrings/grid-appliance.") + (is_armored_key(repository.key) ? "asc" : "gpg");
  const std::string line = "deb [signed-by=" + key_file + "] " + repository.url + " " + report.codename + " main\n";
  if (report.source == line && report.key == to_hex(crypto::sha256(as_bytes(repository.key)))) return;
  plan.source = line;
  plan.key = repository.key;
  plan.steps.push_back("trust the repository " + repository.url);
}

}  // namespace

bool is_armored_key(std::string_view key) {
  return key.starts_with("-----BEGIN PGP");
}

Result<void> check_repository_url(std::string_view url) {
  constexpr std::size_t longest_url = 1000;
  const bool has_scheme = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("file:/");
  const bool is_visible = std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~'; });
  if (has_scheme && is_visible && url.size() <= longest_url && url.find_first_of("[]#\"'\\") == std::string_view::npos)
    return {};
  return settings::malformed(settings::in_quotes(url.substr(0, longest_url)) +
                             " is no repository: http://, https:// or file:/ and where it is");
}

std::string release_of(const Report& report) {
  return report.system.starts_with(debian) ? report.system.substr(debian.size()) : std::string();
}

Result<HostPlan> begin_plan(const PackageSource& source, const Report& report) {
  if (!report.is_root)
    return {Errc::not_authorized, "the user there is neither root nor may use sudo without a password"};
  if (release_of(report).empty() || report.architecture.empty())
    return {Errc::unsupported, "it runs " +
                                   (report.system.empty() ? std::string("no system that is known") : report.system) +
                                   ", and the packages are for Debian"};
  const bool has_codename =
      !report.codename.empty() && std::ranges::all_of(report.codename, [](char c) { return c >= 'a' && c <= 'z'; });
  if (source.repository && !has_codename) return {Errc::unsupported, "it does not say which Debian it is"};
  HostPlan out;
  if (source.repository) plan_repository(*source.repository, report, out);
  return out;
}

}  // namespace ipop::fleet
