#include "server_files.hpp"

#include <algorithm>
#include <filesystem>

#include "base/group_files.hpp"
#include "cli/rights.hpp"
#include "io/file.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::Database;
using leasebook::LeaseBook;

constexpr std::size_t largest_group_file = std::size_t{1} << 20U;
constexpr std::size_t largest_key_file = 4096;

ExitStatus status_for(const Error& error) {
  if (error.code == std::errc::permission_denied || error.code == Errc::not_authorized) return ExitStatus::permission;
  if (error.code == std::errc::io_error || error.code == Errc::unsupported || error.code == Errc::malformed)
    return ExitStatus::bad_config;
  return ExitStatus::no;
}

}  // namespace

ExitStatus report(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (cli::is_refused(error.code)) cli::suggest_root(context.streams);
  return status_for(error);
}

std::string this_program(const Context& context) {
  const Options defaults;
  const Options& typed = context.options;
  cli::TypedCommand out(tool, 0, nullptr);
  if (typed.directory != defaults.directory) out = out.with("--directory", typed.directory);
  if (typed.groups != defaults.groups) out = out.with("--groups", typed.groups);
  if (typed.states != defaults.states) out = out.with("--states", typed.states);
  return out.text();
}

std::variant<LeaseBook, ExitStatus> open_book(const Context& context, Database::Access access) {
  const std::string path = context.options.directory + "/leases.db";
  if (access == Database::Access::create) {
    if (auto made = io::make_directories(context.options.directory, 0700); !made) return report(context, made.error());
    // What SQLite makes beside the book takes the book's own mode.
    if (!io::exists(path))
      if (auto made = io::write_file_atomically(path, {}, 0600); !made) return report(context, made.error());
  } else if (std::error_code error; !std::filesystem::exists(path, error)) {
    if (error) return report(context, Error{error, path});
    cli::complain(context.streams, tool, path + ": there is no lease database here");
    cli::suggest(context.streams, this_program(context) + " config --group GROUP");
    return ExitStatus::no;
  }
  auto book = LeaseBook::open(path, access);
  if (book) return *std::move(book);
  const ExitStatus status = report(context, book.error());
  if (book.error().code == std::errc::io_error)
    cli::suggest(context.streams, "move " + path + " away, then `" + this_program(context) + " config` and `" +
                                      this_program(context) + " import --from-dht`");
  return status;
}

std::variant<leasebook::LeaseGroup, ExitStatus> choose_group(const Context& context, LeaseBook& book) {
  const auto groups = book.groups();
  if (!groups) return report(context, groups.error());
  const std::string& name = context.options.group;
  std::string names;
  for (const leasebook::LeaseGroup& group : *groups) {
    if (group.name == name || (name.empty() && groups->size() == 1)) return group;
    names += (names.empty() ? "" : ", ") + group.name;
  }
  if (name.empty() && !groups->empty()) {
    cli::complain(context.streams, tool, "the database has several groups; choose one with --group: " + names);
    return ExitStatus::usage;
  }
  cli::complain(context.streams, tool,
                name.empty() ? "the database has no group yet"
                             : "the database has no group " + name + (names.empty() ? "" : "; it has " + names));
  cli::suggest(context.streams,
               this_program(context) + " config --group " + (name.empty() ? std::string("GROUP") : name));
  return ExitStatus::no;
}

std::optional<ExitStatus> refuse_follower(const Context& context, LeaseBook& book) {
  const auto follower = book.is_follower();
  if (!follower) return report(context, follower.error());
  if (!*follower) return std::nullopt;
  cli::complain(context.streams, tool, "this server follows another one: change the first, or make this one active");
  cli::suggest(context.streams, this_program(context) + " promote");
  return ExitStatus::no;
}

Result<crypto::PrivateKey> load_server_key(const Context& context, LeaseBook& book) {
  const std::string path = context.options.directory + "/server.key";
  if (io::exists(path)) {
    const auto text = io::read_secret_file(path, largest_key_file);
    if (!text) return text.error();
    auto key = crypto::PrivateKey::from_pem(*text);
    if (!key) return std::move(key).error().in(path);
    return key;
  }
  const auto groups = book.groups();
  if (!groups) return groups.error();
  if (!groups->empty())
    return {Errc::malformed, path + " is missing: members take leases of no other key; put it back from a backup"};
  auto key = crypto::PrivateKey::generate();
  if (!key) return key;
  if (auto made = io::make_directories(context.options.directory, 0700); !made) return std::move(made).error();
  if (auto written = io::write_file_atomically(path, key->to_pem(), 0600); !written) return std::move(written).error();
  return key;
}

Result<groups::GroupConfig> load_group_file(const Context& context, const std::string& name) {
  if (auto good = groups::check_group_name(name); !good) return std::move(good).error();
  const std::string path = GroupFiles(name, context.options.groups).config();
  const auto text = io::read_file(path, largest_group_file);
  if (!text) return text.error();
  return groups::parse_group_config(*text, path);
}

}  // namespace ipop::ipop_dhcp
