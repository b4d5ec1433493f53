#include "medium/first_boot.hpp"

#include <optional>

#include "base/base32.hpp"
#include "base/bytes.hpp"
#include "crypto/hash.hpp"
#include "pool/condor_settings.hpp"
#include "settings/wording.hpp"

namespace ipop::medium {
namespace {

constexpr std::size_t letters_of_a_name = 8;  // 40 bits: two of a thousand machines share one once in two million pools

/// The id itself is nobody else's business (machine-id(5)).
std::string name_of_machine(std::string_view machine_id) {
  const std::string text = "name of " + std::string(machine_id);
  const crypto::Digest256 digest = crypto::sha256(as_bytes(text));
  return "ga-" + to_base32(digest).substr(0, letters_of_a_name);
}

std::string role_file(const Medium& medium) {
  const auto settings = pool::parse_condor_settings(pool_text(medium.roles, medium.pool), "pool.toml");
  return settings ? to_toml(*settings) : std::string();
}

struct ChosenMedium {
  Medium medium{};
  std::string place{};
};

Result<std::optional<ChosenMedium>> choose_medium(const std::vector<FoundMedium>& found) {
  std::optional<ChosenMedium> chosen;
  for (const auto& [place, text] : found) {
    auto medium = parse_medium(text, place);
    if (!medium) return medium.error();
    if (!chosen)
      chosen = ChosenMedium{*std::move(medium), place};
    else if (chosen->medium != *medium)
      return settings::error_at(place, 1, "says otherwise than " + chosen->place + "; take one of the two media out");
  }
  return chosen;
}

}  // namespace

Result<FirstBootPlan> plan_first_boot(const std::vector<FoundMedium>& found, std::string_view machine_id,
                                      WallTime now) {
  auto chosen = choose_medium(found);
  if (!chosen) return chosen.error();
  FirstBootPlan plan;
  Medium medium;
  if (*chosen) {
    medium = std::move((*chosen)->medium);
    const auto token = groups::parse_join_token(medium.token);
    if (token && token->expires && *token->expires <= now)
      return settings::error_at((*chosen)->place, 1,
                                "its join token has expired; write a new medium on a member of the group");
    plan.said = "Configured by " + (*chosen)->place;
    if (medium.host_node) plan.said += "; the node of this machine's host serves it";
  } else {
    medium.token = to_string(groups::JoinToken{.group = demo_group()});
    medium.roles = {"worker", "submit"};
    plan.said = "No medium was found: this machine joins the open group \"demo\" of its LAN, as anybody there can";
  }
  plan.token = medium.token;
  plan.user = medium.user;
  plan.host_name = medium.host_name.empty() ? name_of_machine(machine_id) : medium.host_name;
  plan.files.push_back({"/etc/hostname", plan.host_name + "\n"});
  if (medium.host_node)
    plan.files.push_back({"/etc/ga/host-node", "The node of this machine's host serves it; here runs none.\n"});
  if (!medium.roles.empty()) plan.files.push_back({"/etc/ga/pool.toml", role_file(medium)});
  // Also without a key: those of a medium that was tried before it do not stay.
  std::string keys;
  for (const std::string& key : medium.ssh_keys)
    keys += key + "\n";
  plan.files.push_back({"/etc/ga/administrator.keys", keys});
  if (!medium.enrolment.empty()) {
    plan.enrolment_file = "/var/lib/ga/enrolment";
    plan.files.push_back({plan.enrolment_file, medium.enrolment + "\n", 0600});
  }
  return plan;
}

}  // namespace ipop::medium
