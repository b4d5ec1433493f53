#include "fleet/install_plan.hpp"

#include <algorithm>

#include "groups/node_file.hpp"
#include "settings/wording.hpp"

namespace ipop::fleet {
namespace {

Error refuse(Errc code, std::string why) {
  return make_error(make_error_code(code), std::move(why));
}

/// The file names are those of the host, for messages.
std::string group_file_of(const std::string& group) {
  return "its group file " + group + ".toml";
}
std::string settings_file_of(const std::string& group) {
  return "its settings node/" + group + ".toml";
}

class Planner {
 public:
  Planner(const Wanted& wanted, const Host& host, const Report& report)
      : wanted_(wanted), host_(host), report_(report) {}

  Result<HostPlan> plan() {
    auto begun = begin_plan(wanted_.source, report_);
    if (!begun) return begun;
    plan_ = *std::move(begun);
    auto done = plan_package();
    if (done) done = read_present();
    if (done) done = choose_port();
    if (done) done = plan_group_file();
    if (done) done = plan_settings();
    if (done) done = check_certificate();
    if (!done) return std::move(done).error();
    plan_start();
    return std::move(plan_);
  }

 private:
  Result<void> plan_package() {
    if (report_.packages.contains(node_package)) return {};
    if (wanted_.source.files.empty()) {
      step("install ipop with apt-get");
      return {};
    }
    const std::string release = release_of(report_);
    const auto chosen = choose_package(wanted_.source.files, node_package, release, report_.architecture);
    if (!chosen)
      return refuse(Errc::not_found,
                    "no package ipop for Debian " + release + " on " + report_.architecture + " is among those given");
    plan_.files.push_back(*chosen);
    step("install " + chosen->file());
    return {};
  }

  /// What the host has of the group.
  Result<void> read_present() {
    const std::string& name = wanted_.group.name;
    if (const auto& text = report_.files.config) {
      auto config = groups::parse_group_config(*text, group_file_of(name));
      const bool is_same = config && config->name_space == wanted_.group.name_space;
      if (!config && !wanted_.replaces) return std::move(std::move(config).error()).in("--replace puts yours there");
      if (config && !is_same && !wanted_.replaces)
        return refuse(Errc::conflict, "has another group called " + name + "; --replace puts yours in its place");
      if (is_same) present_ = *std::move(config);
    }
    if (const auto& text = report_.files.settings) {
      auto parsed = groups::parse_node_file(*text, settings_file_of(name));
      if (!parsed) return std::move(parsed).error();
      node_ = *std::move(parsed);
    }
    return {};
  }

  Result<void> choose_port() {
    if (wanted_.port && node_.port && *wanted_.port != *node_.port)
      return refuse(Errc::conflict,
                    settings_file_of(wanted_.group.name) + " say port = " + std::to_string(*node_.port));
    const auto& entries = wanted_.group.bootstrap;
    const auto own = std::ranges::find(entries, host_.name(), &groups::BootstrapEntry::host);
    const bool have_one = !entries.empty() && std::ranges::all_of(entries, [&](const groups::BootstrapEntry& entry) {
      return entry.port == entries.front().port;
    });
    if (wanted_.port)
      plan_.port = *wanted_.port;
    else if (node_.port)
      plan_.port = *node_.port;
    else if (own != entries.end())
      plan_.port = own->port;
    else if (present_ && present_->port)
      plan_.port = *present_->port;
    else if (have_one)
      plan_.port = entries.front().port;
    else
      return refuse(Errc::not_found, "no bootstrap address of the group says which port it has; give --port");
    return {};
  }

  Result<void> plan_group_file() {
    groups::GroupConfig config = wanted_.group;
    // These are a machine's own.
    config.port = plan_.port;
    config.relay_share = present_ ? present_->relay_share : std::nullopt;
    config.relay_limit = present_ ? present_->relay_limit : std::nullopt;
    if (present_ == config) return {};
    plan_.group_file = to_toml(config);
    step(present_ ? "bring the file of the group " + config.name + " up to date"
                  : "write the file of the group " + config.name);
    return {};
  }

  Result<void> plan_settings() {
    if (!node_.has_tap) return {};
    const std::string& name = wanted_.group.name;
    // Before all else, so that it stands in no table.
    std::string text = "no_tap = true\n" + report_.files.settings.value_or("");
    if (!groups::parse_node_file(text, settings_file_of(name)))
      return refuse(Errc::conflict, settings_file_of(name) + " say that its node has an interface");
    plan_.settings = std::move(text);
    step("set no_tap = true");
    return {};
  }

  Result<void> check_certificate() {
    if (wanted_.group.authority.empty() || report_.files.has_certificate) return {};
    return refuse(Errc::not_authorized,
                  "the group is closed, and the host has no certificate of its authority; see ga-simplenode(1)");
  }

  void plan_start() {
    const NodeReport* node = report_.find_node(wanted_.group.name);
    const bool runs = node != nullptr && node->status;
    const bool is_changed = plan_.group_file || plan_.settings;
    if (runs && !is_changed && report_.files.is_enabled) return;
    step(!runs                                ? "start the node on UDP port " + std::to_string(plan_.port)
         : plan_.group_file || plan_.settings ? std::string("restart the node")
                                              : "let the node start with the host");
  }

  void step(std::string text) { plan_.steps.push_back(std::move(text)); }

  const Wanted& wanted_;
  const Host& host_;
  const Report& report_;
  std::optional<groups::GroupConfig> present_{};  ///< of the same group
  groups::NodeFile node_{};
  HostPlan plan_{};
};

}  // namespace

Result<HostPlan> plan_install(const Wanted& wanted, const Host& host, const Report& report) {
  return Planner(wanted, host, report).plan();
}

bool has_others(const groups::GroupConfig& group, std::size_t hosts) {
  return hosts > 1 || group.bootstrap.size() > 1;
}

}  // namespace ipop::fleet
