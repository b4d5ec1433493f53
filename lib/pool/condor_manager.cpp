#include "pool/condor_manager.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "groups/group_config.hpp"

namespace ipop::pool {
namespace {

constexpr std::string_view word = "condor-manager";
constexpr std::string_view announcement_version = "1";
// As many records as one key of the DHT holds.
constexpr std::size_t most_managers = 64;

Error wrong() {
  return make_error(Errc::malformed, "not a manager's announcement");
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_plain = !text.empty() && text.front() != '-' && (text == "0" || text.front() != '0');
  if (error != std::errc() || end != text.data() + text.size() || !is_plain) return std::nullopt;
  return value;
}

std::string describe(const KnownManager& manager) {
  return manager.announcement.name + " (" + to_string(manager.announcement.address) + ")";
}

}  // namespace

Result<void> check_machine_name(std::string_view name) {
  // A domain of one label follows the same rule.
  if (name.size() <= 63 && name.find('.') == std::string_view::npos && groups::check_domain(name)) return {};
  return Result<void>(make_error(Errc::malformed, "the name \"" + std::string(name.substr(0, 64)) +
                                                      "\" is not 1 to 63 of a-z, 0-9 and -, with a letter or digit at "
                                                      "both ends"));
}

std::string to_string(const ManagerAnnouncement& announcement) {
  return std::string(word) + ' ' + std::string(announcement_version) + ' ' + announcement.name + ' ' +
         to_string(announcement.address) + ' ' + std::to_string(announcement.since.seconds) + ' ' + announcement.pool;
}

Result<ManagerAnnouncement> parse_manager_announcement(std::string_view text) {
  std::array<std::string_view, 6> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto space = text.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == fields.size())) {
      const bool is_later = i > 1 && fields[0] == word && fields[1] != announcement_version;
      return is_later ? make_error(Errc::unsupported, "a manager's announcement of a later version") : wrong();
    }
    fields[i] = text.substr(0, space);
    text.remove_prefix(std::min(fields[i].size() + 1, text.size()));
  }
  if (fields[0] != word) return wrong();
  if (fields[1] != announcement_version)
    return make_error(Errc::unsupported, "a manager's announcement of a later version");
  const auto address = net::parse_ipv4_address(fields[3]);
  const auto since = parse_seconds(fields[4]);
  if (!check_machine_name(fields[2]) || !address || !since || !check_pool_name(fields[5])) return wrong();
  return ManagerAnnouncement{std::string(fields[2]), *address, WallTime{*since}, std::string(fields[5])};
}

std::vector<KnownManager> rank_managers(const std::vector<ManagerRecord>& records, const CondorSettings& settings,
                                        const net::Ipv4Prefix& prefix) {
  std::vector<KnownManager> out;
  for (const ManagerRecord& record : records) {
    const bool may_be =
        settings.managers.empty() || std::ranges::find(settings.managers, record.owner) != settings.managers.end();
    auto announcement = parse_manager_announcement(as_text(record.value));
    if (!may_be || !announcement || !prefix.contains(announcement->address)) continue;
    out.push_back({*std::move(announcement), record.owner});
  }
  std::ranges::sort(out, {}, [](const KnownManager& manager) {
    return std::tuple(manager.announcement.since.seconds, manager.owner, manager.announcement.address);
  });
  std::vector<KnownManager> unique;
  for (KnownManager& manager : out) {
    const bool is_known = std::ranges::any_of(unique, [&](const KnownManager& other) {
      return other.owner == manager.owner || other.announcement.address == manager.announcement.address;
    });
    if (!is_known && unique.size() < most_managers) unique.push_back(std::move(manager));
  }
  return unique;
}

Result<ManagerChoice> choose_manager(const std::vector<KnownManager>& managers, const CondorSettings& settings,
                                     net::Ipv4Address own) {
  std::vector<const KnownManager*> of_pool;
  for (const KnownManager& manager : managers)
    if (manager.announcement.pool == settings.pool) of_pool.push_back(&manager);
  if (settings.single_manager) {
    const auto foreign = std::ranges::find_if(
        of_pool, [&](const KnownManager* manager) { return manager->announcement.address != own; });
    if (settings.is_manager && foreign != of_pool.end())
      return make_error(make_error_code(Errc::conflict),
                        "the pool \"" + settings.pool +
                            "\" is to have a single manager, but beside this machine there is " + describe(**foreign));
    if (of_pool.size() > 1)
      return make_error(make_error_code(Errc::conflict), "the pool \"" + settings.pool +
                                                             "\" is to have a single manager, but there are " +
                                                             describe(*of_pool[0]) + " and " + describe(*of_pool[1]));
  }
  ManagerChoice out;
  if (settings.is_manager) {
    out.manager = own;
  } else if (settings.manager) {
    out.manager = settings.manager;
  } else if (!of_pool.empty()) {
    out.manager = of_pool.front()->announcement.address;
    out.name = of_pool.front()->announcement.name;
  }
  for (const KnownManager& manager : managers)
    if (manager.announcement.address != out.manager) out.others.push_back(manager.announcement.address);
  return out;
}

}  // namespace ipop::pool
