#include "medium/medium.hpp"

#include <string>
#include <utility>

#include "closed_group.hpp"
#include "group_files.hpp"
#include "io/file.hpp"
#include "io/memory_file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "settings/wording.hpp"
#include "token_maker.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;
using namespace std::chrono_literals;

constexpr std::size_t largest_key_file = 65'536;
constexpr std::size_t image_octets = std::size_t{1440} * 1024;  // a floppy disk

std::string line_of_file(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  return line;
}

/// What the options name is read into the medium. Errors: errno, malformed.
Result<void> read_files(const MakeMedium& verb, medium::Medium& out) {
  for (const std::string& path : verb.key_files) {
    const auto text = io::read_file(path, largest_key_file);
    if (!text) return text.error();
    out.ssh_keys.push_back(line_of_file(*text));
    if (const auto good = medium::check_ssh_key(out.ssh_keys.back()); !good)
      return settings::error_at(path, 1, good.error().message());
  }
  if (verb.enrolment_file.empty()) return {};
  const auto token = io::read_secret_file(verb.enrolment_file, largest_key_file);
  if (!token) return token.error();
  out.enrolment = line_of_file(*token);
  return {};
}

groups::JoinToken token_for(const Context& context, const GroupFile& group, TokenLife life) {
  const auto entrance = entrance_of(context, group);
  groups::JoinToken token;
  token.group = with_known_endpoints(context, entrance ? entrance->file : group);
  if (entrance) {
    token.group.name = entrance->token.name;
    token.asks = entrance->token.authority;
  }
  if (life) token.expires = io::wall_time_now() + *life;
  return token;
}

/// Runs a program of Debian's that may lie where only root's PATH leads. Error: with the package that has it.
Result<void> run_tool(std::vector<std::string> command, const std::string& package) {
  auto ran = io::run_process(command, 30s);
  if (!ran && ran.error().code == std::errc::no_such_file_or_directory) {
    command.front() = "/usr/sbin/" + command.front();
    ran = io::run_process(command, 30s);
  }
  if (!ran && ran.error().code == std::errc::no_such_file_or_directory)
    return make_error(ran.error().code, command.front() + " is not installed; apt-get install " + package);
  if (!ran) return ran.error();
  if (ran->status == 0) return {};
  return make_error(Errc::malformed, command.front() + " failed: " + line_of_file(ran->output));
}

/// Made in memory, since there is a token in it, and in its place in one step; a device gets it as it is.
Result<void> write_image(const std::string& path, const std::string& text) {
  const auto image = io::MemoryFile::make(std::string(image_octets, '\0'));
  if (!image) return image.error();
  const auto content = io::MemoryFile::make(text);
  if (!content) return content.error();
  const std::string label(medium::medium_label);
  if (auto made = run_tool({"mkfs.fat", "--invariant", "-n", label, image->path()}, "dosfstools"); !made) return made;
  const std::string name = "::" + std::string(medium::medium_file);
  if (auto put = run_tool({"mcopy", "-i", image->path(), content->path(), name}, "mtools"); !put) return put;
  const auto octets = image->read(image_octets);
  if (!octets) return octets.error();
  return io::write_file_atomically(path, *octets, 0600);
}

}  // namespace

ExitStatus carry_out(const Context& context, const MakeMedium& verb) {
  const auto file = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&file)) return *status;
  medium::Medium medium = verb.content;
  if (const auto read = read_files(verb, medium); !read) return report_key_error(context, read.error());
  if (!medium.host_node) medium.token = to_string(token_for(context, std::get<GroupFile>(file), verb.expires));
  const std::string text = to_toml(medium);
  // What the machine will say of it can be said here.
  if (const auto good = medium::parse_medium(text, "medium"); !good) {
    cli::complain(context.streams, tool, good.error().message());
    return ExitStatus::bad_config;
  }
  if (verb.out.empty()) {
    context.streams.out << text;
    return ExitStatus::done;
  }
  if (const auto written = write_image(verb.out, text); !written) {
    cli::complain(context.streams, tool, written.error().message());
    return ExitStatus::no;
  }
  context.streams.err << "Wrote " << verb.out << " (FAT, label " << medium::medium_label << ")"
                      << (medium.host_node ? "" : ": who has it can join the group") << '\n';
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
