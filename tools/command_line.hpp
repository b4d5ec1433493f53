#pragma once

// What the command lines of all tools have in common. Includes CLI11, so only an options.cpp
// includes it.

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/nearest_name.hpp"
#include "cli/exit_status.hpp"
#include "cli/human.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "cli/version.hpp"
#include "completion.hpp"

namespace ipop::tools {

/// Adds --json and --plain (one excludes the other) and --color.
inline void add_output_options(CLI::App& app, cli::OutputOptions& options) {
  auto* json = app.add_flag("--json", options.json, "Write JSON with a \"schema\" field");
  app.add_flag("--plain", options.plain, "Write tab-separated columns without titles")->excludes(json);
  app.add_option_function<std::string>(
         "--color",
         [&options](const std::string& choice) {
           options.color = choice == "always"  ? cli::ColorChoice::always
                           : choice == "never" ? cli::ColorChoice::never
                                               : cli::ColorChoice::automatic;
         },
         "Colour the results")
      ->type_name("")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

/// A validator that passes on the words of a rule, a function from a text to a Result.
template <class Rule>
CLI::Validator by_rule(Rule rule) {
  return CLI::Validator(
      [rule](const std::string& text) {
        const auto checked = rule(text);
        return checked ? std::string() : checked.error().message();
      },
      "");
}

/// Adds --socket and --group (one excludes the other): which node of this machine is asked.
inline void add_node_options(CLI::App& app, std::string& socket, std::string& group) {
  auto* path = app.add_option("--socket", socket, "Control socket of the node")->type_name("SOCKET");
  app.add_option("--group", group, "Group of the node; required if several run on this machine")
      ->type_name("GROUP")
      ->excludes(path);
}

/// Lets the verbs of `app` take its own options too, on either side of the verb. Before the verbs are
/// added, which inherit it.
inline void share_options(CLI::App& app) {
  app.fallthrough();
}

/// Empty for a span of time; else what is wrong.
inline std::string check_duration(const std::string& text) {
  if (cli::parse_duration(text)) return {};
  return "\"" + text + "\" is not a duration such as 90s, 5min, 12h or 7d";
}

/// Adds an option whose value is a span of time: `90`, `90s`, `5min`, `12h`, `7d`.
inline CLI::Option* add_duration_option(CLI::App& app, const char* name, std::chrono::seconds& out,
                                        const char* description) {
  return app
      .add_option_function<std::string>(
          name, [&out](const std::string& text) { out = cli::parse_duration(text).value_or(out); }, description)
      ->type_name("TIME")
      ->check(CLI::Validator(check_duration, ""));
}

namespace detail {

/// The innermost verb that was typed.
inline const CLI::App& chosen(const CLI::App& app) {
  const CLI::App* here = &app;
  while (!here->get_subcommands().empty())
    here = here->get_subcommands().front();
  return *here;
}

/// A group of options is one to the library, without a name.
inline bool is_verb(const CLI::App* child) {
  return !child->get_name().empty();
}

inline bool has_verb(const CLI::App& app, std::string_view name) {
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
    if (child->get_name() == name) return true;
  return false;
}

inline std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

/// The lines of `help`, those over 80 columns parted at a blank. What stands beside an option's or command's name goes
/// on at `column`, where it began.
inline std::string folded(const std::string& help, std::size_t column) {
  constexpr std::size_t width = 80;
  std::string out;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indent = line.starts_with("  ") ? column : 0;
    while (line.size() > width) {
      const auto blank = line.rfind(' ', width);
      if (blank == std::string::npos || blank <= indent) break;
      out += line.substr(0, blank) + '\n';
      line = std::string(indent, ' ') + line.substr(blank + 1);
    }
    out += line + '\n';
  }
  return out;
}

/// Help as people read it: choices without the library's colon before them, a number without its type and range, no
/// line wider than the narrowest terminal in common use.
class HelpText : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return folded(CLI::Formatter::make_help(app, std::move(name), mode), get_column_width());
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string out = CLI::Formatter::make_option_opts(option);
    if (out.starts_with(" :{")) out.erase(1, 1);
    // An argument whose name is its kind is named once.
    const std::string kind = " " + option->get_type_name();
    if (option->get_positional() && option->get_single_name() == option->get_type_name() && out.starts_with(kind))
      out.erase(0, kind.size());
    for (const std::string_view type : {":INT in [", ":UINT in ["}) {
      const auto at = out.find(type);
      const auto end = at == std::string::npos ? at : out.find(']', at);
      if (end != std::string::npos) out.erase(at, end + 1 - at);
    }
    return out;
  }
};

inline void use_help_text(CLI::App& app, const std::shared_ptr<HelpText>& text) {
  app.formatter(text);
  if (app.get_group() == "Subcommands") app.group("Commands");
  for (CLI::App* child : app.get_subcommands([](CLI::App*) { return true; }))
    use_help_text(*child, text);
}

/// The options that `app` takes where it was parsed: its own and its parents'.
inline std::vector<const CLI::Option*> options_at(const CLI::App& app) {
  std::vector<const CLI::Option*> out;
  for (const CLI::App* here = &app; here != nullptr; here = here->get_parent()) {
    const auto more = own_options(*here);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

/// Everything that could have been meant where `app` was parsed: its options, its parents' and its verbs.
inline std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : options_at(app))
    for (const std::string& name : option->get_lnames())
      out.push_back("--" + name);
  for (const CLI::App* child : app.get_subcommands(is_verb))
    out.push_back(child->get_name());
  return out;
}

/// The option that took another's name for its value, as `--mtu` does in `--mtu --group lab`; null without one.
inline const CLI::Option* option_without_value(const CLI::App& app, const std::vector<const char*>& words) {
  const std::vector<const CLI::Option*> options = options_at(chosen(app));
  const auto named = [&](std::string_view word) -> const CLI::Option* {
    const auto found = std::ranges::find_if(
        options, [&](const CLI::Option* it) { return word.starts_with("-") && it->check_name(std::string(word)); });
    return found == options.end() ? nullptr : *found;
  };
  for (std::size_t i = 1; i + 1 < words.size() && std::string_view(words[i]) != "--"; ++i) {
    const CLI::Option* option = named(words[i]);
    if (option == nullptr || option->get_items_expected_min() == 0) continue;
    if (std::string_view(words[++i]).starts_with("--") && named(words[i]) != nullptr) return option;
  }
  return nullptr;
}

/// Behind the help of a verb: the options that it takes with all others.
inline std::string shared_note(const CLI::App& app) {
  const CLI::App& where = chosen(app);
  if (&where == &app || !app.get_fallthrough()) return {};
  std::string names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_lnames().empty()) continue;
    const std::string& name = option->get_lnames().front();
    if (name != "help" && name != "version") names += (names.empty() ? "--" : ", --") + name;
  }
  return names.empty() ? names : folded("Also " + names + ": see `" + app.get_name() + " --help`.", 0);
}

inline std::string see_help(const CLI::App& app) {
  return "; see `" + path_of(chosen(app)) + " --help`";
}

inline std::string needs_value(const CLI::Option& option) {
  return option.get_name() + " needs a value";
}

inline std::vector<std::string> words_of_list(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    out.emplace_back(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.size(), out.back().size() + 1));
  }
  return out;
}

/// `1 to 65535`, which the library says so or, from 2.2 on, as `[1 - 65535]`.
inline std::string in_words(std::string range) {
  const auto dash = range.find(" - ");
  if (!range.starts_with('[') || !range.ends_with(']') || dash == std::string::npos) return range;
  return range.substr(1, dash - 1) + " to " + range.substr(dash + 3, range.size() - dash - 4);
}

/// What the library says of an option's value, as people say it; all else as it is. Its texts are
/// `--color: blue not in {auto,always,never}`, `--color: 1 required :{auto,always,never} missing`,
/// `--port: Value x not in range 1 to 65535`, `--port: At Most 1 required but received 2`, `Could not convert: --json =
/// x` of a flag and `--json excludes --plain`.
inline std::string in_plain_words(const std::string& text) {
  const auto colon = text.find(": ");
  const std::string name = text.substr(0, colon);
  const std::string rest = colon == std::string::npos ? std::string() : text.substr(colon + 2);
  const auto open = text.rfind('{');
  const auto choices = open == std::string::npos
                           ? std::vector<std::string>()
                           : words_of_list(std::string_view(text).substr(open + 1, text.rfind('}') - open - 1));
  std::string list;
  for (const std::string& choice : choices)
    list += (list.empty() ? "" : &choice == &choices.back() ? " or " : ", ") + choice;
  if (const auto at = rest.rfind(" not in {"); at != std::string::npos && !list.empty()) {
    const std::string typed = rest.substr(0, at);
    return name + ": \"" + typed + "\" is not " + list + nearest_hint(typed, choices);
  }
  if (rest.find(" required ") != std::string::npos && rest.ends_with(" missing"))
    return name + " needs a value" + (list.empty() ? "" : ": " + list);
  constexpr std::string_view value = "Value ";
  constexpr std::string_view range = " not in range ";
  if (const auto at = rest.find(range); rest.starts_with(value) && at != std::string::npos)
    return name + ": \"" + rest.substr(value.size(), at - value.size()) + "\" is not a number from " +
           in_words(rest.substr(at + range.size()));
  if (rest.starts_with("At Most 1 required")) return name + " is given more than once; give one value";
  constexpr std::string_view unconverted = "Could not convert: ";
  if (text.starts_with(unconverted)) {
    const std::string typed = text.substr(unconverted.size());
    const auto equals = typed.find(" = ");
    return typed.substr(0, equals) + " takes no value" +
           (equals == std::string::npos ? "" : " such as \"" + typed.substr(equals + 3) + "\"");
  }
  constexpr std::string_view excludes = " excludes ";
  if (const auto at = text.find(excludes); at != std::string::npos)
    return text.substr(0, at) + " cannot be used with " + text.substr(at + excludes.size());
  return text;
}

/// One line: what is wrong, the nearest known word if one is near, and where to read on.
inline std::string explain(const CLI::App& app, const CLI::ParseError& error, const std::vector<const char*>& words) {
  const CLI::App& where = chosen(app);
  std::string text = error.what();
  std::vector<std::string> extra = app.remaining(true);
  const bool lacks_command = text == "A subcommand is required";
  const bool unknown_first = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || lacks_command;
  if (const CLI::Option* option = option_without_value(app, words)) {
    text = needs_value(*option);
  } else if (unknown_first && !extra.empty()) {
    const bool takes_verb = !where.get_subcommands(is_verb).empty();
    const std::string typed = extra.front().substr(0, extra.front().find('='));
    const std::string what = typed.starts_with("-") ? "option" : takes_verb ? "command" : "argument";
    text = "unknown " + what + " \"" + typed + "\"" + nearest_hint(typed, known_words(where));
  } else if (lacks_command) {
    text = "a command is required";
  }
  return in_plain_words(text) + see_help(app);
}

}  // namespace detail

/// Parses the command line into the variables that the options of `app` are bound to.
///
/// None: go on. A status: --help, --version or --completion was answered (done), or the command
/// line is wrong, which one line on stderr explains (usage).
inline std::optional<cli::ExitStatus> parse_command_line(CLI::App& app, int argc, const char* const* argv,
                                                         const cli::Streams& streams) {
  const auto text = std::make_shared<detail::HelpText>();
  hide_kinds(*text);
  // A verb is called a command everywhere.
  text->label("SUBCOMMAND", "COMMAND");
  text->label("SUBCOMMANDS", "COMMANDS");
  detail::use_help_text(app, text);
  app.set_version_flag("--version", cli::version_line(app.get_name()), "Print the version");
  if (argc == 3 && std::string_view(argv[1]) == "--completion") {
    const auto script = completion_script(app, argv[2]);
    if (script) {
      streams.out << *script;
      return cli::finish(streams, app.get_name(), cli::ExitStatus::done);
    }
    cli::complain(streams, app.get_name(), "--completion supports bash, zsh and fish");
    return cli::ExitStatus::usage;
  }
  // `ga-group help join` as `ga-group join --help`.
  std::vector<const char*> words(argv, argv + argc);
  if (words.size() >= 2 && std::string_view(words[1]) == "help") {
    words.erase(words.begin() + 1);
    if (words.size() == 1 || detail::has_verb(app, words[1])) words.push_back("--help");
  }
  try {
    app.parse(static_cast<int>(words.size()), words.data());
    const CLI::Option* option = detail::option_without_value(app, words);
    if (option == nullptr) return std::nullopt;
    cli::complain(streams, app.get_name(), detail::needs_value(*option) + detail::see_help(app));
    return cli::ExitStatus::usage;
  } catch (const CLI::CallForHelp&) {
    streams.out << app.help() << detail::shared_note(app);
  } catch (const CLI::CallForAllHelp&) {
    streams.out << app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion&) {
    streams.out << cli::version_line(app.get_name()) << '\n';
  } catch (const CLI::ParseError& error) {
    cli::complain(streams, app.get_name(), detail::explain(app, error, words));
    return cli::ExitStatus::usage;
  }
  return cli::finish(streams, app.get_name(), cli::ExitStatus::done);
}

/// Refuses --json for the verbs whose output has one form only; behind a verb may stand an option with which it has, as
/// in "apply --dry-run".
inline std::optional<cli::ExitStatus> refuse_json(const CLI::App& app, bool json, const cli::Streams& streams,
                                                  std::initializer_list<std::string_view> verbs) {
  if (!json) return std::nullopt;
  const CLI::App& verb = detail::chosen(app);
  const std::string path = detail::path_of(verb);
  for (const std::string_view refused : verbs) {
    const auto space = refused.find(" --");
    const std::string name = app.get_name() + " " + std::string(refused.substr(0, space));
    // Only this verb has the option.
    if (path != name) continue;
    if (space != std::string_view::npos && verb.count(std::string(refused.substr(space + 1))) == 0) continue;
    cli::complain(streams, app.get_name(),
                  std::string(refused) + " has no --json: what it prints has one form; see `" + path + " --help`");
    return cli::ExitStatus::usage;
  }
  return std::nullopt;
}

}  // namespace ipop::tools
