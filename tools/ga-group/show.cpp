#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "group_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

std::string membership(const groups::GroupConfig& group) {
  return group.authority.empty() ? "open" : "closed";
}

std::string pool_text(const groups::AddressServer& server) {
  std::string out;
  for (const leasing::AddressRange& range : server.pool)
    out += (out.empty() ? "" : ",") + to_string(range);
  return out;
}

std::string fallback_text(const groups::AddressServer& server) {
  return server.ring_when_silent ? "ring" : "none";
}

void write_json(std::ostream& out, const GroupFile& file, std::string_view schema) {
  const groups::GroupConfig& group = file.config;
  cli::JsonWriter json(schema);
  json.field("file", file.path);
  json.field("name", group.name);
  json.field("namespace", group.name_space);
  json.field("membership", membership(group));
  json.field("prefix", to_string(group.prefix));
  json.field("domain", group.domain);
  json.begin_array("bootstrap");
  for (const auto& entry : group.bootstrap)
    json.element(to_string(entry));
  json.end();
  if (const auto& server = group.address_server) {
    json.begin_object("address_server");
    json.field("place", server->place);
    json.field("key", to_hex(server->key));
    json.field("pool", pool_text(*server));
    json.field("fallback", fallback_text(*server));
    json.end();
  } else {
    json.null("address_server");
  }
  if (group.port)
    json.field("port", *group.port);
  else
    json.null("port");
  out << json.text() << '\n';
}

/// Keys and their order are frozen by the man page.
std::vector<std::pair<std::string, std::string>> rows(const GroupFile& file) {
  const groups::GroupConfig& group = file.config;
  std::vector<std::pair<std::string, std::string>> out{
      {"file", file.path},
      {"name", group.name},
      {"namespace", group.name_space},
      {"membership", membership(group)},
      {"prefix", to_string(group.prefix)},
      {"domain", group.domain},
      {"port", group.port ? std::to_string(*group.port) : ""},
  };
  for (const auto& entry : group.bootstrap)
    out.emplace_back("bootstrap", to_string(entry));
  // Who gives out the addresses: the ring where nothing is said.
  const auto& server = group.address_server;
  out.emplace_back("addresses", server ? "dhcp" : "ring");
  if (!server) return out;
  out.emplace_back("dhcp_server", server->place);
  out.emplace_back("dhcp_key", to_hex(server->key));
  out.emplace_back("dhcp_pool", pool_text(*server));
  out.emplace_back("dhcp_fallback", fallback_text(*server));
  return out;
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowGroup& verb) {
  const auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& file = std::get<GroupFile>(loaded);
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    write_json(out, file, "ga-group.show/1");
    return ExitStatus::done;
  }
  const bool plain = context.options.output.plain;
  const bool color = !plain && cli::use_color(context.streams, context.options.output.color);
  for (const auto& [key, value] : rows(file)) {
    if (plain) {
      out << key << '\t' << cli::printable(value) << '\n';
    } else if (!value.empty()) {
      out << (color ? "\x1b[1m" : "") << key << (color ? "\x1b[0m" : "") << std::string(15 - key.size(), ' ')
          << cli::printable(value) << '\n';
    }
  }
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const CheckGroup& verb) {
  const bool is_path = verb.target.find('/') != std::string::npos || verb.target.ends_with(".toml") ||
                       !groups::check_group_name(verb.target);
  const auto loaded = is_path ? load_file(context, verb.target) : load_group(context, verb.target);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& file = std::get<GroupFile>(loaded);
  if (context.options.output.json) {
    write_json(context.streams.out, file, "ga-group.check/1");
  } else {
    context.streams.out << cli::printable(file.path) << (context.options.output.plain ? "\tgood\n" : ": good\n");
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
