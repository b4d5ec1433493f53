#include "views_output.hpp"

#include <algorithm>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace ipop::ga {
namespace {

using health::Finding;
using health::Verdict;

/// The one next thing to do: of the first group that has one, those with something wrong first.
std::optional<std::string> next_of(const std::vector<GroupView>& views) {
  for (const bool wrong : {true, false}) {
    for (const GroupView& view : views) {
      if (view.is_wrong() != wrong) continue;
      if (auto next = health::next_step(view.facts, view.findings)) return next;
    }
  }
  return std::nullopt;
}

void write_optional(cli::JsonWriter& json, std::string_view key, const std::optional<std::string>& value) {
  if (value && !value->empty())
    json.field(key, *value);
  else
    json.null(key);
}

void write_json_findings(cli::JsonWriter& json, const GroupView& view) {
  json.begin_array("findings");
  for (const Finding& finding : view.findings) {
    json.begin_element();
    json.field("topic", finding.topic);
    json.field("verdict", to_string(finding.verdict));
    json.field("what", finding.what);
    write_optional(json, "why", finding.why);
    write_optional(json, "command", finding.command);
    json.end();
  }
  json.end();
  write_optional(json, "next", health::next_step(view.facts, view.findings));
}

void write_json_group(cli::JsonWriter& json, const GroupView& view) {
  const health::Facts& facts = view.facts;
  json.field("group", facts.group);
  json.field("verdict", view.is_wrong() ? "wrong" : "good");
  json.field("running", view.is_running());
  json.field("closed", facts.is_closed);
  write_optional(json, "name", own_name(facts));
  const node::StatusAnswer* status = facts.status ? &*facts.status : nullptr;
  write_optional(json, "address", status != nullptr && status->address ? to_string(*status->address) : "");
  if (status != nullptr) {
    json.field("uptime_ms", status->uptime.count());
    json.field("members", member_count(facts));
    json.field("links", status->links);
    json.field("direct_links", status->direct_links);
  }
  if (status != nullptr && status->certificate_expires)
    json.field("certificate_expires", status->certificate_expires->seconds);
  else
    json.null("certificate_expires");
  json.begin_array("bootstrap");
  const std::vector<health::BootstrapFact> none;
  for (const health::BootstrapFact& node : facts.bootstrap ? *facts.bootstrap : none) {
    json.begin_element();
    json.field("name", node.name);
    json.field("self", node.is_self);
    json.field("linked", node.is_linked);
    if (node.answers)
      json.field("answers", *node.answers);
    else
      json.null("answers");
    write_optional(json, "problem", node.problem);
    json.end();
  }
  json.end();
  if (facts.pool) {
    json.begin_object("pool");
    json.field("roles", facts.pool->roles);
    write_optional(json, "manager", facts.pool->manager);
    json.field("running", facts.pool->is_running);
    json.end();
  } else {
    json.null("pool");
  }
  json.begin_array("authorities");
  for (const health::AuthorityFact& authority : facts.authorities) {
    json.begin_element();
    json.field("name", authority.name);
    json.field("waiting", authority.waiting);
    json.end();
  }
  json.end();
}

void write_json(const Context& context, std::string_view schema, const std::vector<GroupView>& views, bool whole) {
  cli::JsonWriter json(schema);
  json.begin_array("groups");
  for (const GroupView& view : views) {
    if (view.facts.group.empty()) continue;
    json.begin_element();
    if (whole)
      write_json_group(json, view);
    else
      json.field("group", view.facts.group);
    write_json_findings(json, view);
    json.end();
  }
  json.end();
  write_optional(json, "next", next_of(views));
  context.streams.out << json.text() << '\n';
}

void write_next(const Context& context, const std::vector<GroupView>& views) {
  if (const auto next = next_of(views)) context.streams.out << "\nnext: " << cli::printable(*next) << '\n';
}

constexpr std::size_t topic_width = 12;

std::string padded(std::string_view text) {
  return std::string(text) + std::string(text.size() < topic_width ? topic_width - text.size() : 1, ' ');
}

std::string links_text(const GroupView& view) {
  if (!view.is_running()) return {};
  const node::StatusAnswer& status = *view.facts.status;
  return std::to_string(status.direct_links) + " of " + std::to_string(status.links);
}

}  // namespace

void write_status(const Context& context, const std::vector<GroupView>& views) {
  std::ostream& out = context.streams.out;
  const cli::OutputOptions& options = context.options.output;
  if (options.json) return write_json(context, "ga.status/1", views, true);
  const bool color = !options.plain && cli::use_color(context.streams, options.color);
  if (views.size() == 1 && !options.plain && !views.front().facts.group.empty()) {
    for (const auto& [word, text] : screen_of(views.front())) {
      const bool is_wrong = word == "wrong";
      out << (color ? (is_wrong ? "\x1b[1;31m" : "\x1b[1m") : "") << padded(word) << (color ? "\x1b[0m" : "")
          << cli::printable(text) << '\n';
    }
    return write_next(context, views);
  }
  cli::Table table({{"GROUP"}, {"STATE"}, {"NAME"}, {"ADDRESS"}, {"MEMBERS", cli::Align::right}, {"DIRECT"}});
  for (const GroupView& view : views) {
    if (view.facts.group.empty()) continue;
    const node::StatusAnswer* status = view.facts.status ? &*view.facts.status : nullptr;
    table.add_row({view.facts.group, verdict_of(view), own_name(view.facts),
                   status != nullptr && status->address ? to_string(*status->address) : "",
                   status != nullptr ? std::to_string(member_count(view.facts)) : "", links_text(view)});
  }
  if (options.plain) return table.write_plain(out);
  if (table.empty())
    out << "This machine is in no group.\n";
  else
    table.write_human(out, {color, context.streams.columns});
  write_next(context, views);
}

void write_findings(const Context& context, const std::vector<GroupView>& views) {
  std::ostream& out = context.streams.out;
  const cli::OutputOptions& options = context.options.output;
  if (options.json) return write_json(context, "ga.doctor/1", views, false);
  const bool color = !options.plain && cli::use_color(context.streams, options.color);
  bool is_first = true;
  for (const GroupView& view : views) {
    if (options.plain) {
      for (const Finding& finding : view.findings) {
        out << cli::printable(view.facts.group) << '\t' << finding.topic << '\t' << to_string(finding.verdict) << '\t'
            << cli::printable(finding.what) << '\t' << cli::printable(finding.why) << '\t'
            << cli::printable(finding.command) << '\n';
      }
      continue;
    }
    if (views.size() > 1) out << (is_first ? "" : "\n") << "group " << cli::printable(view.facts.group) << '\n';
    is_first = false;
    for (const Finding& finding : view.findings) {
      const char* begin = !color ? "" : finding.verdict == Verdict::wrong ? "\x1b[1;31m" : "\x1b[1m";
      out << padded(finding.topic) << begin
          << (finding.verdict == Verdict::wrong ? "WRONG" : to_string(finding.verdict)) << (color ? "\x1b[0m" : "")
          << (finding.verdict == Verdict::wrong ? "  " : "   ") << cli::printable(finding.what) << '\n';
      const std::string indent(topic_width + 7, ' ');
      if (!finding.why.empty()) out << indent << cli::printable(finding.why) << '\n';
      if (!finding.command.empty() && finding.verdict == Verdict::wrong)
        out << indent << "next: " << cli::printable(finding.command) << '\n';
    }
    if (!view.findings.empty() && view.findings.back().explains_rest)
      out << "The rest depends on this and was not checked.\n";
  }
}

cli::ExitStatus status_of_views(const std::vector<GroupView>& views) {
  // A node that runs and does not answer us is no node that is off.
  const auto is_off = [](const GroupView& view) {
    return view.facts.group.empty() || view.facts.node == health::NodeFact::not_running;
  };
  if (std::ranges::all_of(views, is_off)) return cli::ExitStatus::unreachable;
  return std::ranges::any_of(views, &GroupView::is_wrong) ? cli::ExitStatus::no : cli::ExitStatus::done;
}

}  // namespace ipop::ga
