#include <array>
#include <string>
#include <string_view>

#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

/// A label value: backslash, quote and line feed are escaped, as the text format asks.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_ << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n';
  }
  template <class T>
  void sample(std::string_view name, T value, std::string_view labels = {}) {
    out_ << name;
    if (!labels.empty()) out_ << '{' << labels << '}';
    out_ << ' ' << value << '\n';
  }
  template <class T>
  void gauge(std::string_view name, std::string_view help, T value) {
    family(name, "gauge", help);
    sample(name, value);
  }

 private:
  std::ostream& out_;
};

}  // namespace

// Prometheus text exposition format 0.0.4; docs/control.md lists the names.
cli::ExitStatus show_metrics(const Output& output, const node::StatusAnswer& answer) {
  Writer out(output.streams.out);
  out.family("ipop_info", "gauge", "What this node is; always 1.");
  out.sample("ipop_info", 1,
             "id=\"" + to_string(answer.id) + "\",namespace=\"" + label(answer.name_space) + "\",version=\"" +
                 label(answer.version) + "\",cipher=\"" + label(answer.cipher) + "\"");
  out.gauge("ipop_joined", "1 when the node has its place in the ring.", answer.joined ? 1 : 0);
  out.gauge("ipop_ring_size_estimate", "Members of the ring, as this node estimates.", answer.ring_size_estimate);
  out.family("ipop_links", "gauge", "Links to other members.");
  out.sample("ipop_links", answer.direct_links, "path=\"direct\"");
  out.sample("ipop_links", answer.links - std::min(answer.links, answer.direct_links), "path=\"relayed\"");
  out.family("ipop_nat", "gauge", "1 for what the NAT in front of this node is taken for.");
  using overlay::NatClass;
  for (const NatClass nat :
       {NatClass::unknown, NatClass::none, NatClass::endpoint_independent, NatClass::address_dependent})
    out.sample("ipop_nat", nat == answer.nat ? 1 : 0, "mapping=\"" + std::string(nat_word(nat)) + "\"");
  out.gauge("ipop_lease_held", "1 when the node holds a virtual address.", answer.address ? 1 : 0);
  if (answer.lease_expires)
    out.gauge("ipop_lease_expires_timestamp_seconds", "When the lease ends, seconds since 1970.",
              answer.lease_expires->seconds);
  out.gauge("ipop_uptime_seconds", "Time since the node started.", static_cast<double>(answer.uptime.count()) / 1000);
  out.gauge("ipop_dht_records", "DHT records kept here.", answer.dht_records);
  out.family("ipop_counter_total", "counter", "Events and drops since the node started, by name.");
  for (const auto& [name, count] : answer.counters)
    out.sample("ipop_counter_total", count, "name=\"" + label(name) + "\"");
  return cli::ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
