#pragma once

// What may follow a command, read from the option tables of a CLI::App: what completes is what the parser takes.
// Includes CLI11, so only an options.cpp includes it.
//
// An option's type name says what its value is: {a,b} one of these words, FILE and SOCKET a path, DIR and DIRECTORY a
// directory, GROUP a group of /etc/ipop, MEMBER and NODE a member of the node's group, REQUEST one that waits at the
// authority, CERTIFICATE or WHO one that it signed, PAPER either, AUTHORITY one of this machine; anything else is not
// completed. ANY_FILE is a path, and like MEMBER, REQUEST, CERTIFICATE and PAPER not shown in the help, where the
// argument's own name says enough (hide_kinds).

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "completion_scripts.hpp"

namespace ipop::tools {

namespace detail {

inline ValueKind value_kind(const CLI::Option& option) {
  using Kind = ValueKind::Kind;
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open != std::string::npos && close != std::string::npos && open < close) {
    std::string words = type.substr(open + 1, close - open - 1);
    std::replace(words.begin(), words.end(), ',', ' ');
    return {Kind::words, words};
  }
  const std::string_view name = std::string_view(type).substr(0, type.find(':'));
  if (name == "FILE" || name == "SOCKET" || name == "PATH" || name == "ANY_FILE") return {Kind::file};
  if (name == "MEMBER" || name == "NODE") return {Kind::member};
  if (name == "REQUEST") return {Kind::request};
  if (name == "CERTIFICATE" || name == "WHO") return {Kind::certificate};
  if (name == "PAPER") return {Kind::paper};
  if (name == "AUTHORITY") return {Kind::authority};
  if (name == "DIR" || name == "DIRECTORY") return {Kind::directory};
  if (name == "GROUP") return {Kind::group};
  return {};
}

/// Those of the verb alone.
inline std::vector<const CLI::Option*> own_options(const CLI::App& app) {
  std::vector<const CLI::Option*> out = app.get_options();
  // A group of options is a verb without a name to the library, and part of this one to people.
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* child) { return child->get_name().empty(); }))
    for (const CLI::Option* option : group->get_options())
      if (!option->check_lname("help")) out.push_back(option);
  return out;
}

/// The options that may stand behind the verb: its own, and its parent's where they are shared.
inline std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> out = own_options(app);
  const CLI::App* parent = app.get_parent();
  if (parent == nullptr || !app.get_fallthrough()) return out;
  for (const CLI::Option* option : options_of(*parent)) {
    const bool own = option->get_positional() || option->check_lname("help") || option->check_lname("version");
    if (!own) out.push_back(option);
  }
  return out;
}

inline void collect(const CLI::App& app, std::vector<std::string> path, std::vector<CompletionCommand>& out) {
  CompletionCommand command;
  command.path = path;
  for (const CLI::Option* option : options_of(app)) {
    if (option->get_group().empty()) continue;  // hidden
    if (option->get_positional()) {
      command.arguments.push_back({value_kind(*option), option->get_items_expected_max() > 1});
      continue;
    }
    CompletionCommand::Option row;
    for (const std::string& name : option->get_snames())
      row.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames())
      row.names.push_back("--" + name);
    row.description = option->get_description();
    row.takes_value = option->get_items_expected_max() > 0;
    row.repeats = option->get_items_expected_max() > 1;
    row.value = value_kind(*option);
    command.options.push_back(std::move(row));
  }
  const auto children = app.get_subcommands(
      [](const CLI::App* child) { return !child->get_group().empty() && !child->get_name().empty(); });
  for (const CLI::App* child : children)
    command.verbs.push_back({child->get_name(), child->get_description()});
  out.push_back(std::move(command));
  for (const CLI::App* child : children) {
    auto below = path;
    below.push_back(child->get_name());
    collect(*child, std::move(below), out);
  }
}

}  // namespace detail

/// Kinds that the help does not show.
inline void hide_kinds(CLI::FormatterBase& formatter) {
  for (const char* kind : {"MEMBER", "REQUEST", "CERTIFICATE", "PAPER", "ANY_FILE"})
    formatter.label(kind, "");
  formatter.label("AUTHORITY", "NAME");
}

/// The option tables of `app` and its verbs, the program itself first.
inline std::vector<CompletionCommand> completion_tables(const CLI::App& app) {
  std::vector<CompletionCommand> out;
  detail::collect(app, {}, out);
  return out;
}

/// The completion script for `shell`: bash, zsh or fish; none for another shell.
inline std::optional<std::string> completion_script(const CLI::App& app, std::string_view shell) {
  return completion_script(app.get_name(), completion_tables(app), shell);
}

}  // namespace ipop::tools
