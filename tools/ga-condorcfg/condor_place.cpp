#include "condor_place.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "condor/condor_program.hpp"
#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = std::size_t{1} << 20U;
// Of the key that signs an open group's tokens.
constexpr const char* key_name = "grid-appliance";

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
  auto secret = write_if_changed(paths.secret, pool::open_group_secret(files.group.name_space), 0600);
  if (!secret) return secret;
  if (!*secret && io::exists(paths.token)) return false;
  const std::string identity = std::string(pool::member_name) + "@" + files.domain;
  const auto made =
      condor::run_condor({"env", "_CONDOR_TRUST_DOMAIN=" + files.domain,
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
    return make_error(std::make_error_code(std::errc::io_error),
                      "condor_token_create: " + condor::first_paragraph(made->output));
  return write_if_changed(paths.token, token + "\n", 0600);
}

Result<bool> write_closed_credentials(const CondorPaths& paths, const PoolFiles& files) {
  auto authority = write_if_changed(paths.authority, files.group.authority, 0644);
  if (!authority) return authority;
  auto map = write_if_changed(paths.map, pool::to_condor_map(files.domain), 0644);
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
  return {
      root + "/config.d/" + config_name, root + "/config.d/" + config_name + "~", own + "authority.pem", own + "map",
      root + "/passwords.d/" + key_name, root + "/tokens.d/" + key_name};
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
