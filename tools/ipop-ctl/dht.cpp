#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"
#include "control/rpc.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

/// Octets for a line of text: as they are when they are plain, else `0x` and hexadecimal.
std::string value_text(ByteSpan value) {
  return control::is_plain_text(value) ? std::string(as_text(value)) : "0x" + to_hex(value);
}

/// What an operation that did not succeed means; its words go to stderr.
ExitStatus report(const Output& output, const node::DhtAnswer& answer) {
  const std::string detail = answer.detail.empty() ? "" : " (" + answer.detail + ")";
  switch (answer.outcome) {
    case dht::Outcome::done: return ExitStatus::done;
    case dht::Outcome::exists:
      cli::complain(output.streams, tool, "another node holds this key" + detail);
      return ExitStatus::no;
    case dht::Outcome::not_found:
      cli::complain(output.streams, tool, "no value is stored under this key" + detail);
      return ExitStatus::no;
    case dht::Outcome::no_majority:
      cli::complain(output.streams, tool, "too few members answered in time; try again" + detail);
      return ExitStatus::timed_out;
    case dht::Outcome::refused:
      cli::complain(output.streams, tool, "the members that store this key refused the value" + detail);
      return ExitStatus::no;
  }
  return ExitStatus::no;
}

}  // namespace

ExitStatus show_values(const Output& output, const node::DhtAnswer& answer) {
  std::ostream& out = output.streams.out;
  if (output.options.json) {
    out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    for (const auto& value : answer.values)
      out << to_string(value.owner) << '\t' << value.expires.seconds << '\t' << cli::printable(value_text(value.value))
          << '\n';
  } else if (output.streams.out_is_terminal) {
    for (const auto& value : answer.values)
      out << cli::printable(value_text(value.value)) << "  (of " << to_short_string(value.owner) << ", until "
          << cli::utc_text(value.expires) << ")\n";
  } else {
    // A script that reads one value wants its octets and nothing else.
    for (const auto& value : answer.values)
      out << as_text(value.value) << '\n';
  }
  return report(output, answer);
}

ExitStatus show_stored(const Output& output, const node::DhtAnswer& answer) {
  std::ostream& out = output.streams.out;
  if (output.options.json) {
    out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    out << dht::to_string(answer.outcome) << '\t' << cli::printable(answer.detail) << '\n';
  } else if (answer.outcome == dht::Outcome::done) {
    out << "stored" << (answer.detail.empty() ? "" : " by " + cli::printable(answer.detail)) << '\n';
  }
  return report(output, answer);
}

}  // namespace ipop::ipop_ctl
