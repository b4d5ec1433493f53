#include "fleet/ssh_command.hpp"

namespace ipop::fleet {
namespace {

// ssh(1), EXIT STATUS: an error of its own.
constexpr int ssh_failed = 255;

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  std::string_view line = text.substr(text.rfind('\n') + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return std::string(line);
}

bool has(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> ssh_command(const SshOptions& options, const Host& host, const std::string& command) {
  std::vector<std::string> out{"ssh", "-T", "-x", "-a"};
  if (!options.config.empty()) out.insert(out.end(), {"-F", options.config});
  // LogLevel: no banner and no warning is taken for the reason of a failure.
  for (const std::string& option :
       {std::string("BatchMode=yes"), std::string("LogLevel=ERROR"), std::string("ClearAllForwardings=yes"),
        std::string("ControlMaster=no"), std::string("ServerAliveInterval=5"), std::string("ServerAliveCountMax=3"),
        "ConnectTimeout=" + std::to_string(options.connect_timeout.count())})
    out.insert(out.end(), {"-o", option});
  out.insert(out.end(), {"--", host.text(), command});
  return out;
}

// In single quotes, which every login shell takes as they are.

std::string run_script_command(std::string_view words) {
  return "sh -c 'if [ \"$(id -u)\" != 0 ] && sudo -n true 2>/dev/null </dev/null; "
         "then exec sudo -n sh -s \"$@\"; fi; exec sh -s \"$@\"' sh " +
         std::string(words);
}

std::string run_archive_command(std::string_view words) {
  return "sh -c 'if [ \"$(id -u)\" = 0 ]; then exec \"$@\"; fi; exec sudo -n \"$@\"' sh "
         "sh -c 'trap \"\" HUP PIPE; umask 077; here=$(mktemp -d) || exit; tar -x --no-same-owner -C \"$here\" && "
         "sh \"$here/host\" \"$@\" </dev/null; status=$?; rm -rf \"$here\"; exit $status' sh " +
         std::string(words);
}

Error explain_failure(int status, std::string_view output) {
  const std::string line = last_line(output);
  if (status == ssh_failed && has(output, "IDENTIFICATION HAS CHANGED"))
    return make_error(make_error_code(Errc::not_authorized),
                      "its host key is not the one that is known: another machine, or it was installed anew");
  if (status == ssh_failed && has(output, "Host key verification failed"))
    return make_error(make_error_code(Errc::not_authorized),
                      "its host key is not known; `ssh` to it once by hand, or add the key to ~/.ssh/known_hosts");
  if (status == ssh_failed && line.empty()) return make_error(make_error_code(Errc::not_found), "ssh failed");
  if (line.empty())
    return make_error(make_error_code(Errc::not_found), "the command on it ended with " + std::to_string(status));
  constexpr std::string_view program = "ssh: ";
  return make_error(make_error_code(Errc::not_found), line.starts_with(program) ? line.substr(program.size()) : line);
}

}  // namespace ipop::fleet
