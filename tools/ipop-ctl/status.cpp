#include <string>
#include <utility>
#include <vector>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "control/rpc.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;
using Lines = std::vector<std::pair<std::string, std::string>>;

std::string joined(const std::vector<net::Endpoint>& endpoints) {
  std::string out;
  for (const net::Endpoint& endpoint : endpoints)
    out += (out.empty() ? "" : ", ") + to_string(endpoint);
  return out;
}

std::string joined_names(const node::StatusAnswer& answer) {
  std::string out;
  for (const std::string& name : answer.names)
    out += (out.empty() ? "" : ", ") + name + "." + answer.domain;
  return out;
}

std::string joined_words(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words)
    out.append(out.empty() ? std::string_view() : between).append(word);
  return out;
}

std::string address_text(const node::StatusAnswer& answer) {
  if (!answer.prefix) return "none: this node has no virtual network";
  if (!answer.address) return "none yet in " + to_string(*answer.prefix);
  std::string out = to_string(*answer.address) + "/" + std::to_string(answer.prefix->length());
  if (answer.lease_expires) out += ", lease until " + cli::utc_text(*answer.lease_expires);
  return out;
}

std::string ring_text(const node::StatusAnswer& answer) {
  if (answer.links == 0) return "alone: waiting for others";
  if (!answer.joined) return "not joined yet";
  const std::size_t size = answer.ring_size_estimate;
  return "joined, about " + std::to_string(size) + (size == 1 ? " member" : " members");
}

Lines lines_for_person(const node::StatusAnswer& answer) {
  Lines lines;
  for (const std::string& notice : answer.notices)
    lines.emplace_back("notice", notice);
  const Lines rest{
      {"node", to_string(answer.id)},
      {"namespace", answer.name_space},
      {"ring", ring_text(answer)},
      {"links", std::to_string(answer.links) + ", " + std::to_string(answer.direct_links) + " of them direct"},
      {"address", address_text(answer)},
      {"names", joined_names(answer)},
      {"NAT", std::string(nat_text(answer.nat))},
      {"local", joined(answer.local_endpoints)},
      {"observed", joined(answer.observed_endpoints)},
      {"interface", answer.interface.empty()
                        ? ""
                        : answer.interface + ", for packets of up to " + std::to_string(answer.mtu) + " octets"},
      {"cipher", answer.library.empty() ? answer.cipher : sealing_text(answer.suite, answer.library)},
      {"offloads", answer.offloads.empty() ? "none" : joined_words(answer.offloads, ", ")},
      {"workers", std::to_string(answer.workers)},
      {"records", std::to_string(answer.dht_records) + " of the DHT kept here"},
      {"uptime", cli::human_seconds(std::chrono::floor<std::chrono::seconds>(answer.uptime))},
      {"version", answer.version},
  };
  lines.insert(lines.end(), rest.begin(), rest.end());
  for (const auto& [name, count] : answer.counters)
    if (count > 0) lines.emplace_back("  " + name, std::to_string(count));
  return lines;
}

/// Keys and their order are frozen by the man page; counters follow.
Lines lines_for_script(const node::StatusAnswer& answer) {
  std::string names;
  for (const std::string& name : answer.names)
    names += (names.empty() ? "" : ",") + name;
  const auto list = [](const std::vector<net::Endpoint>& endpoints) {
    std::string out;
    for (const net::Endpoint& endpoint : endpoints)
      out += (out.empty() ? "" : ",") + to_string(endpoint);
    return out;
  };
  Lines lines{
      {"id", to_string(answer.id)},
      {"namespace", answer.name_space},
      {"version", answer.version},
      {"joined", answer.joined ? "yes" : "no"},
      {"ring_size_estimate", std::to_string(answer.ring_size_estimate)},
      {"links", std::to_string(answer.links)},
      {"direct_links", std::to_string(answer.direct_links)},
      {"nat", std::string(nat_word(answer.nat))},
      {"local_endpoints", list(answer.local_endpoints)},
      {"observed_endpoints", list(answer.observed_endpoints)},
      {"prefix", text_or_empty(answer.prefix)},
      {"address", text_or_empty(answer.address)},
      {"lease_expires", answer.lease_expires ? std::to_string(answer.lease_expires->seconds) : ""},
      {"domain", answer.domain},
      {"names", names},
      {"interface", answer.interface},
      {"cipher", answer.cipher},
      {"uptime_ms", std::to_string(answer.uptime.count())},
      {"dht_records", std::to_string(answer.dht_records)},
      {"revoked", answer.revoked ? std::to_string(answer.revoked->seconds) : ""},
      {"offloads", joined_words(answer.offloads, ",")},
      {"workers", std::to_string(answer.workers)},
      {"mtu", std::to_string(answer.mtu)},
      {"suite", answer.library.empty() ? "" : std::string(to_string(answer.suite))},
      {"library", answer.library},
  };
  for (const std::string& notice : answer.notices)
    lines.emplace_back("notice", notice);
  for (const auto& [name, count] : answer.counters)
    lines.emplace_back("counter." + name, std::to_string(count));
  return lines;
}

}  // namespace

ExitStatus show_status(const Output& output, const node::StatusAnswer& answer) {
  std::ostream& out = output.streams.out;
  // Nobody talks to a machine that is revoked, however well its node runs.
  const ExitStatus good = answer.revoked ? ExitStatus::no : ExitStatus::done;
  if (output.options.json) {
    out << control::to_json(node::Answer(answer)) << '\n';
    return good;
  }
  if (output.options.plain) {
    cli::Table table({{"key"}, {"value"}});
    for (auto& [key, value] : lines_for_script(answer))
      table.add_row({key, cli::printable(value)});
    table.write_plain(out);
    return good;
  }
  std::size_t width = 10;
  const Lines lines = lines_for_person(answer);
  for (const auto& [key, value] : lines)
    width = std::max(width, cli::display_width(key));
  const bool color = cli::use_color(output.streams, output.options.color);
  for (const auto& [key, value] : lines) {
    if (value.empty()) continue;
    const std::string shown = cli::printable(key);
    out << (color ? "\x1b[1m" : "") << shown << (color ? "\x1b[0m" : "")
        << std::string(width + 2 - cli::display_width(key), ' ');
    cli::write_value(out, cli::printable(value), width + 2, output.streams.columns);
    out << '\n';
  }
  return good;
}

}  // namespace ipop::ipop_ctl
