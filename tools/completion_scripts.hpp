#pragma once

// Completion scripts for bash, zsh and fish, from tables that say what may follow a command.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipop::tools {

/// What the value of an option or an argument is, as a shell can complete it.
struct ValueKind {
  enum class Kind {
    none,
    words,
    file,
    directory,
    group,
    member,
    request,
    certificate,
    paper,
    authority
  } kind = Kind::none;
  std::string words{};  ///< separated by spaces
};

/// One row of the tables: a command (path of verbs, empty for the program) and what may follow it.
struct CompletionCommand {
  struct Option {
    std::vector<std::string> names{};  ///< with their dashes
    std::string description{};
    bool takes_value = false;
    bool repeats = false;
    ValueKind value{};
  };
  struct Argument {
    ValueKind value{};
    bool repeats = false;
  };
  struct Verb {
    std::string name{};
    std::string description{};
  };
  std::vector<std::string> path{};
  std::vector<Option> options{};
  std::vector<Argument> arguments{};
  std::vector<Verb> verbs{};
};

namespace detail {

inline std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

/// A shell function name: the tool's name with underscores.
inline std::string function_name(std::string_view tool, const std::vector<std::string>& path) {
  std::string out = "_" + std::string(tool);
  for (const std::string& verb : path)
    out += "_" + verb;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

/// Text for single quotes, where a quote itself can't stand; `special` get a backslash.
inline std::string single_quoted(std::string_view text, std::string_view special = "") {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

inline std::string header(std::string_view tool, std::string_view shell) {
  return "# " + std::string(shell) + " completion for " + std::string(tool) + ", made by `" + std::string(tool) +
         " --completion " + std::string(shell) + "`.\n";
}

// What lists the values of a kind; the same in every shell. Of all nodes and authorities that may be asked.
inline constexpr std::string_view list_members =
    "find /run/ipop -name \"*.sock\" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f "
    "3";
inline constexpr std::string_view list_requests =
    "ls /var/lib/ga/authority 2>/dev/null | xargs -I % ga-cert list --authority % --plain 2>/dev/null | cut -f 1,2 | "
    "tr \"\\t\" \"\\n\"";
inline constexpr std::string_view list_certificates =
    "ls /var/lib/ga/authority 2>/dev/null | xargs -I % ga-cert list --certificates --authority % --plain 2>/dev/null | "
    "cut -f 1,2 | tr \"\\t\" \"\\n\"";
inline std::string list_papers() {
  return std::string(list_requests) + "; " + std::string(list_certificates);
}
inline constexpr std::string_view list_authorities = "ls /var/lib/ga/authority 2>/dev/null";

inline std::string bash_list(std::string_view command) {
  return "mapfile -t COMPREPLY < <(compgen -W \"$(" + std::string(command) + ")\" -- \"$cur\")";
}
inline std::string zsh_list(std::string_view command) {
  return "compadd - ${(f)\"$(" + std::string(command) + ")\"}";
}
inline std::string fish_list(std::string_view command) {
  return " -x -a '(" + std::string(command) + ")'";
}

// --- bash -------------------------------------------------------------------------------------

inline std::string bash_reply(const ValueKind& value) {
  using Kind = ValueKind::Kind;
  switch (value.kind) {
    case Kind::none: return "COMPREPLY=()";
    case Kind::words: return "mapfile -t COMPREPLY < <(compgen -W '" + value.words + "' -- \"$cur\")";
    case Kind::file: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
    case Kind::directory: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
    case Kind::group:
      return "mapfile -t COMPREPLY < <(compgen -W \"$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')\" "
             "-- \"$cur\")";
    case Kind::member: return bash_list(list_members);
    case Kind::request: return bash_list(list_requests);
    case Kind::certificate: return bash_list(list_certificates);
    case Kind::paper: return bash_list(list_papers());
    case Kind::authority: return bash_list(list_authorities);
  }
  return {};
}

inline std::string bash_script(std::string_view tool, const std::vector<CompletionCommand>& commands) {
  const std::string function = function_name(tool, {});
  std::string out = header(tool, "bash");
  out += function + "() {\n";
  out +=
      "  local cur prev command=/ arguments=0 i\n"
      "  COMPREPLY=()\n"
      "  cur=${COMP_WORDS[COMP_CWORD]}\n"
      "  prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$command ${COMP_WORDS[i]}\" in\n";
  for (const auto& command : commands) {
    const std::string here = "/" + join(command.path, "/");
    for (const auto& verb : command.verbs) {
      const std::string below = (here == "/" ? "/" : here + "/") + verb.name;
      out += "      '" + here + " " + verb.name + "') command=" + below + "; arguments=0 ;;\n";
    }
    std::vector<std::string> with_value;
    for (const auto& option : command.options)
      if (option.takes_value)
        for (const std::string& name : option.names)
          with_value.push_back("'" + here + " " + name + "'");
    if (!with_value.empty()) out += "      " + join(with_value, "|") + ") i=$((i + 1)) ;;\n";
  }
  out +=
      "      *' '-*) ;;\n"
      "      *) arguments=$((arguments + 1)) ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$command $prev\" in\n";
  for (const auto& command : commands) {
    for (const auto& option : command.options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names)
        patterns.push_back("'/" + join(command.path, "/") + " " + name + "'");
      out += "    " + join(patterns, "|") + ") " + bash_reply(option.value) + "; return ;;\n";
    }
  }
  out +=
      "  esac\n"
      "  if [[ $cur != -* ]]; then\n"
      "    case \"$command $arguments\" in\n";
  for (const auto& command : commands) {
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
      const auto& [value, repeats] = command.arguments[i];
      if (value.kind == ValueKind::Kind::none) continue;
      out += "      '/" + join(command.path, "/") + " " + (repeats ? "'*" : std::to_string(i) + "'") + ") " +
             bash_reply(value) + "; return ;;\n";
    }
  }
  out +=
      "    esac\n"
      "  fi\n"
      "  case \"$command\" in\n";
  for (const auto& command : commands) {
    std::vector<std::string> words;
    for (const auto& verb : command.verbs)
      words.push_back(verb.name);
    for (const auto& option : command.options)
      words.insert(words.end(), option.names.begin(), option.names.end());
    out +=
        "    '/" + join(command.path, "/") + "') " + bash_reply({ValueKind::Kind::words, join(words, " ")}) + " ;;\n";
  }
  out += "  esac\n}\ncomplete -F " + function + " " + std::string(tool) + "\n";
  return out;
}

// --- zsh --------------------------------------------------------------------------------------

inline std::string zsh_action(const ValueKind& value) {
  using Kind = ValueKind::Kind;
  switch (value.kind) {
    case Kind::none: return " ";
    case Kind::words: return "(" + value.words + ")";
    case Kind::file: return "_files";
    case Kind::directory: return "_files -/";
    case Kind::group: return "compadd /etc/ipop/*.toml(N\\:t\\:r)";
    case Kind::member: return zsh_list(list_members);
    case Kind::request: return zsh_list(list_requests);
    case Kind::certificate: return zsh_list(list_certificates);
    case Kind::paper: return zsh_list(list_papers());
    case Kind::authority: return zsh_list(list_authorities);
  }
  return {};
}

inline std::string zsh_function(std::string_view tool, const CompletionCommand& command) {
  std::string out = function_name(tool, command.path) + "() {\n";
  out += command.verbs.empty() ? "  _arguments -s -S" : "  local state line\n  _arguments -s -S -C";
  for (const auto& option : command.options) {
    const std::string text = "[" + single_quoted(option.description, "[]:\\") + "]" +
                             (option.takes_value ? ":value:" + single_quoted(zsh_action(option.value)) : "");
    // One spec a spelling; the spellings of one option exclude each other.
    for (const std::string& name : option.names) {
      const std::string others = option.repeats ? "*" : "(" + join(option.names, " ") + ")";
      const bool joins_value = option.takes_value && name.starts_with("--");
      out += " \\\n    '" + others + name + (joins_value ? "=" : "") + text + "'";
    }
  }
  for (const auto& argument : command.arguments)
    out += " \\\n    '" + std::string(argument.repeats ? "*" : "") +
           ":argument:" + single_quoted(zsh_action(argument.value)) + "'";
  if (!command.verbs.empty()) {
    out += " \\\n    '1: :->verb' \\\n    '*:: :->rest'\n  case $state in\n    verb)\n      local -a verbs=(";
    for (const auto& verb : command.verbs)
      out += "\n        '" + verb.name + ":" + single_quoted(verb.description, ":\\") + "'";
    out += "\n      )\n      _describe -t commands command verbs ;;\n    rest)\n      case ${line[1]} in\n";
    for (const auto& verb : command.verbs) {
      auto path = command.path;
      path.push_back(verb.name);
      out += "        " + verb.name + ") " + function_name(tool, path) + " ;;\n";
    }
    out += "      esac ;;\n  esac";
  }
  return out + "\n}\n";
}

inline std::string zsh_script(std::string_view tool, const std::vector<CompletionCommand>& commands) {
  std::string out = "#compdef " + std::string(tool) + "\n" + header(tool, "zsh");
  for (const auto& command : commands)
    out += "\n" + zsh_function(tool, command);
  // The file serves as an autoloaded function and as a sourced script.
  const std::string function = function_name(tool, {});
  out += "\nif [ \"$funcstack[1]\" = '_" + std::string(tool) + "' ]; then\n  " + function +
         " \"$@\"\nelse\n  compdef " + function + " " + std::string(tool) + "\nfi\n";
  return out;
}

// --- fish -------------------------------------------------------------------------------------

inline std::string fish_value(const ValueKind& value) {
  using Kind = ValueKind::Kind;
  switch (value.kind) {
    case Kind::none: return " -x";
    case Kind::words: return " -x -a '" + single_quoted(value.words) + "'";
    case Kind::file: return " -r -F";
    case Kind::directory: return " -x -a '(__fish_complete_directories)'";
    case Kind::member: return fish_list(list_members);
    case Kind::request: return fish_list(list_requests);
    case Kind::certificate: return fish_list(list_certificates);
    case Kind::paper: return fish_list(list_papers());
    case Kind::authority: return fish_list(list_authorities);
    case Kind::group:
      return " -x -a '(for f in /etc/ipop/*.toml; string replace -r \".*/(.*)[.]toml\\$\" \"\\$1\" $f; end)'";
  }
  return {};
}

inline std::string fish_condition(const CompletionCommand& command) {
  std::string out;
  for (const std::string& verb : command.path)
    out += (out.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + verb);
  if (command.verbs.empty()) return out;
  std::vector<std::string> names;
  for (const auto& verb : command.verbs)
    names.push_back(verb.name);
  const std::string none_yet = "not __fish_seen_subcommand_from " + join(names, " ");
  return out.empty() ? none_yet : out + "; and " + none_yet;
}

inline std::string fish_script(std::string_view tool, const std::vector<CompletionCommand>& commands) {
  std::string out = header(tool, "fish");
  out += "complete -c " + std::string(tool) + " -f\n";
  for (const auto& command : commands) {
    const std::string condition = fish_condition(command);
    const std::string start = "complete -c " + std::string(tool) + (condition.empty() ? "" : " -n '" + condition + "'");
    for (const auto& verb : command.verbs)
      out += start + " -a " + verb.name + " -d '" + single_quoted(verb.description, "\\") + "'\n";
    for (const auto& option : command.options) {
      out += start;
      for (const std::string& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_value) out += fish_value(option.value);
      out += " -d '" + single_quoted(option.description, "\\") + "'\n";
    }
    for (const auto& argument : command.arguments) {
      if (argument.value.kind == ValueKind::Kind::none) continue;
      const std::string value = fish_value(argument.value);
      out += start +
             (argument.value.kind == ValueKind::Kind::file ? " -F" : value.substr(std::string_view(" -x").size())) +
             "\n";
    }
  }
  return out;
}

}  // namespace detail

/// The script for `shell`: bash, zsh or fish; none for another shell.
inline std::optional<std::string> completion_script(std::string_view tool,
                                                    const std::vector<CompletionCommand>& commands,
                                                    std::string_view shell) {
  if (shell == "bash") return detail::bash_script(tool, commands);
  if (shell == "zsh") return detail::zsh_script(tool, commands);
  if (shell == "fish") return detail::fish_script(tool, commands);
  return std::nullopt;
}

}  // namespace ipop::tools
