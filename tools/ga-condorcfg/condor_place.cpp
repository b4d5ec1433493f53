#include "condor_place.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr const char* file_name = "50-grid-appliance";
// Of the key that signs an open group's tokens.
constexpr const char* key_name = "grid-appliance";

/// A directory of its own below HTCondor's, gone at the end.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { remove(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  std::string path_;
};

std::string first_lines(const std::string& text) {
  std::string out = text.substr(0, text.find("\n\n"));
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  std::ranges::replace(out, '\n', ' ');
  return out.substr(0, 512);
}

bool is_complaint(const std::string& output) {
  return output.find("ERROR") != std::string::npos || output.find("Configuration Error") != std::string::npos;
}

/// The file when it is there already with these octets; true when it was written.
Result<bool> write_if_changed(const std::string& path, const std::string& text, mode_t mode) {
  const auto present = io::read_file(path, largest_file);
  if (present && *present == text) return false;
  if (auto made = io::make_directories(path.substr(0, path.rfind('/')), mode == 0600 ? 0700 : 0755); !made)
    return std::move(made).error();
  if (auto written = io::write_file_atomically(path, text, mode); !written) return std::move(written).error();
  return true;
}

/// The token of an open group's member, signed with the group's secret by HTCondor's own program.
Result<bool> write_open_credentials(const CondorPaths& paths, const PoolFiles& files) {
  auto secret = write_if_changed(paths.secret, appliance::open_group_secret(files.group.name_space), 0600);
  if (!secret) return secret;
  if (!*secret && io::exists(paths.token)) return false;
  const std::string identity = std::string(appliance::member_name) + "@" + files.domain;
  const auto made = run_condor({"env", "_CONDOR_TRUST_DOMAIN=" + files.domain,
                                "_CONDOR_SEC_PASSWORD_DIRECTORY=" + paths.secret.substr(0, paths.secret.rfind('/')),
                                "condor_token_create", "-key", key_name, "-identity", identity});
  if (!made) return made.error();
  // Three parts between dots, and nothing else: what is said beside it stands in other lines.
  std::string token;
  std::string_view rest = made->output;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with("eyJ")) token = line;
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  if (made->status != 0 || token.empty())
    return make_error(std::make_error_code(std::errc::io_error), "condor_token_create: " + first_lines(made->output));
  return write_if_changed(paths.token, token + "\n", 0600);
}

Result<bool> write_closed_credentials(const CondorPaths& paths, const PoolFiles& files) {
  auto authority = write_if_changed(paths.authority, files.group.authority, 0644);
  if (!authority) return authority;
  auto map = write_if_changed(paths.map, appliance::to_condor_map(files.domain), 0644);
  if (!map) return map;
  // What another kind of group left would let its members in.
  bool removed = false;
  for (const std::string* path : {&paths.secret, &paths.token})
    removed = io::remove_file(*path).has_value() || removed;
  return *authority || *map || removed;
}

}  // namespace

CondorPaths condor_paths(const Context& context) {
  std::error_code error;
  const std::string root = fs::absolute(context.options.condor, error).string();
  const std::string own = root + "/grid-appliance/";
  return {root + "/config.d/" + file_name,   root + "/config.d/" + file_name + "~", own + "authority.pem", own + "map",
          root + "/passwords.d/" + key_name, root + "/tokens.d/" + key_name};
}

Result<io::ProcessResult> run_condor(const std::vector<std::string>& command, Duration limit, std::size_t most_output) {
  auto ran = io::run_process(command, limit, most_output);
  // 127: `env` did not find it.
  const bool is_missing =
      ran ? ran->status == 127 && command.front() == "env" : ran.error().code == std::errc::no_such_file_or_directory;
  if (!is_missing) return ran;
  const auto program =
      std::ranges::find_if(command, [](const std::string& word) { return word.starts_with("condor_"); });
  return make_error(make_error_code(Errc::not_found), "HTCondor is not installed (no program " +
                                                          (program == command.end() ? command.front() : *program) +
                                                          "); install the package condor");
}

Result<void> try_config(const Context& context, const std::string& text) {
  const CondorPaths paths = condor_paths(context);
  const auto main = io::read_file(context.options.condor + "/condor_config", largest_file);
  if (!main) {
    // Without its programs the missing file says nothing.
    if (auto version = run_condor({"condor_version"}); !version) return std::move(version).error();
    return main.error();
  }
  const auto directories = run_condor({"condor_config_val", "LOCAL_CONFIG_DIR"});
  if (!directories) return directories.error();

  // HTCondor's daemons read the authority's certificate there, not as root.
  if (auto made = io::make_directories(context.options.condor + "/grid-appliance", 0755); !made) return made;
  const Scratch scratch(context.options.condor + "/grid-appliance/trial");
  if (auto made = io::make_directories(scratch.path(), 0700); !made) return made;
  const std::string real = paths.config.substr(0, paths.config.rfind('/'));
  std::error_code error;
  const std::string trial = fs::absolute(scratch.path(), error).string() + "/config.d";
  // What links point at is read, wherever the link is.
  fs::copy(real, trial, fs::copy_options::recursive, error);
  if (error && error != std::errc::no_such_file_or_directory) return Result<void>(make_error(error, "copying " + real));
  if (auto made = io::make_directories(trial, 0755); !made) return made;
  if (auto written = io::write_file_atomically(trial + "/" + file_name, text, 0644); !written) return written;

  std::string list = directories->status == 0 ? directories->output.substr(0, directories->output.find('\n')) : real;
  if (const auto at = list.find(real); at != std::string::npos)
    list.replace(at, real.size(), trial);
  else
    list = trial;
  const std::string file = scratch.path() + "/condor_config";
  if (auto written = io::write_file_atomically(file, *main + "\nLOCAL_CONFIG_DIR = " + list + "\n", 0644); !written)
    return written;
  const auto tried = run_condor({"env", "CONDOR_CONFIG=" + file, "condor_config_val", "-summary"});
  if (!tried) return tried.error();
  if (tried->status == 0 && !is_complaint(tried->output)) return {};
  return Result<void>(make_error(make_error_code(Errc::malformed),
                                 "HTCondor rejects this configuration: " + first_lines(tried->output)));
}

Result<bool> write_condor_files(const Context& context, const PoolFiles& files, const std::string& text) {
  const CondorPaths paths = condor_paths(context);
  const auto credentials =
      files.group.authority.empty() ? write_open_credentials(paths, files) : write_closed_credentials(paths, files);
  if (!credentials) return credentials.error();
  const auto present = io::read_file(paths.config, largest_file);
  if (present && *present == text) return *credentials;
  if (present) {
    if (auto kept = io::write_file_atomically(paths.previous, *present, 0644); !kept) return std::move(kept).error();
  }
  // Last, so that what it names is there.
  return write_if_changed(paths.config, text, 0644);
}

cli::ExitStatus report_condor_error(const Context& context, const Error& error) {
  if (error.code == Errc::not_found) {
    cli::complain(context.streams, tool, error.context);
    cli::suggest(context.streams, "apt-get install condor");
    return cli::ExitStatus::no;
  }
  if (error.code == Errc::malformed) {
    cli::complain(context.streams, tool, error.context);
    return cli::ExitStatus::bad_config;
  }
  return report_file_error(context, error);
}

}  // namespace ipop::ga_condorcfg
