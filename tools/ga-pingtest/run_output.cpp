#include "run_output.hpp"

#include <algorithm>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "pings/ping_words.hpp"

namespace ipop::ga_pingtest {
namespace {

using pings::PingPath;
using pings::PingResult;

constexpr std::size_t most_named = 10;  // `ipop-ctl members --all` has them all

std::string absence_word(node::Absence why) {
  switch (why) {
    case node::Absence::stopped: return "stopped";
    case node::Absence::revoked: return "revoked";
    case node::Absence::lost: break;
  }
  return "lost";
}

void write_json(std::ostream& out, const Context& context, const RunHead& head,
                const std::vector<PingResult>& results) {
  cli::JsonWriter json("ga-pingtest.run/1");
  json.field("run", pings::utc_text_of(head.began));
  json.field("log", context.log);
  json.field("complete", head.members.complete);
  json.begin_object("from");
  json.field("id", to_string(head.members.self.id));
  json.field("address", pings::address_of(head.members.self));
  json.field("name", head.members.self.name);
  json.end();
  json.begin_array("members");
  for (const PingResult& result : results) {
    json.begin_element();
    json.field("id", to_string(result.to.id));
    json.field("address", pings::address_of(result.to));
    json.field("name", result.to.name);
    json.field("sent", result.pinged ? pings::pings_a_run : 0);
    json.field("received", result.received);
    if (result.round_trips) {
      json.field("least_us", result.round_trips->least.count());
      json.field("mean_us", result.round_trips->mean.count());
      json.field("most_us", result.round_trips->most.count());
    }
    json.field("path", to_string(result.path));
    json.field("reason", result.reason);
    json.end();
  }
  json.end();
  json.begin_array("gone");
  for (const node::GoneRow& member : head.members.gone) {
    json.begin_element();
    json.field("id", to_string(member.id));
    json.field("address", member.address ? to_string(*member.address) : std::string());
    json.field("name", member.name);
    json.field("last_seen", member.last_seen.seconds);
    json.field("why", absence_word(member.why));
    json.end();
  }
  json.end();
  out << json.text() << '\n';
}

void write_gone(std::ostream& out, const std::vector<node::GoneRow>& gone) {
  if (gone.empty()) return;
  out << gone.size() << (gone.size() == 1 ? " member was" : " members were") << " here before and "
      << (gone.size() == 1 ? "is" : "are") << " not:";
  for (std::size_t i = 0; i < gone.size() && i < most_named; ++i) {
    const node::GoneRow& member = gone[i];
    out << (i == 0 ? " " : "; ") << cli::printable(member.name.empty() ? to_short_string(member.id) : member.name)
        << " (" << absence_word(member.why) << ", last seen " << cli::utc_text(member.last_seen) << ")";
  }
  if (gone.size() > most_named) out << "; and " << gone.size() - most_named << " more";
  out << '\n';
}

void write_human(const Context& context, const RunHead& head, const std::vector<PingResult>& results) {
  cli::Table table({{"NAME"},
                    {"ADDRESS"},
                    {"REPLIES", cli::Align::right},
                    {"LEAST", cli::Align::right},
                    {"MEAN", cli::Align::right},
                    {"MOST", cli::Align::right},
                    {"PATH"},
                    {"WHY"}});
  std::size_t answered = 0;
  std::size_t partly = 0;
  std::size_t lost = 0;
  for (const PingResult& result : results) {
    std::vector<std::string> times(3);
    if (result.round_trips)
      times = {pings::round_trip_text(result.round_trips->least), pings::round_trip_text(result.round_trips->mean),
               pings::round_trip_text(result.round_trips->most)};
    const std::string replies =
        result.pinged ? std::to_string(result.received) + " of " + std::to_string(pings::pings_a_run) : std::string();
    table.add_row({result.to.name.empty() ? to_short_string(result.to.id) : result.to.name,
                   pings::address_of(result.to), replies, times[0], times[1], times[2],
                   std::string(to_string(result.path)), result.reason});
    if (result.received == pings::pings_a_run) ++answered;
    if (result.received > 0 && result.received < pings::pings_a_run) ++partly;
    if (result.pinged && result.received == 0) ++lost;
  }
  std::ostream& out = context.streams.out;
  if (!table.empty()) table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
  out << results.size() << (results.size() == 1 ? " other member: " : " other members: ") << answered
      << " without loss, " << partly << " with loss, " << lost << " without any reply, "
      << results.size() - answered - partly - lost << " not pinged\n";
  write_gone(out, head.members.gone);
}

}  // namespace

void write_run(const Context& context, const RunHead& head, const std::vector<PingResult>& results) {
  if (context.options.output.json) {
    write_json(context.streams.out, context, head, results);
  } else if (context.options.output.plain) {
    // The log's own lines: their columns are frozen by its man page.
    for (const PingResult& result : results)
      context.streams.out << to_line(result);
  } else {
    write_human(context, head, results);
  }
}

}  // namespace ipop::ga_pingtest
