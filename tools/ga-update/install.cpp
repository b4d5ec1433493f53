#include "apt.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/tree_writer.hpp"
#include "update_files.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_plan = std::size_t{1} << 20U;

/// While it lives, packages start no service: nothing runs here yet, and the machine starts with what was upgraded.
class NoServices {
 public:
  NoServices() : is_ours_(!io::exists(path)), written_(is_ours_ ? write() : Result<void>()) {}
  NoServices(const NoServices&) = delete;
  NoServices& operator=(const NoServices&) = delete;
  NoServices(NoServices&&) = delete;
  NoServices& operator=(NoServices&&) = delete;
  ~NoServices() {
    if (is_ours_) (void)io::remove_file(path);
  }
  [[nodiscard]] const Result<void>& written() const { return written_; }

 private:
  static constexpr const char* path = "/usr/sbin/policy-rc.d";
  static Result<void> write() { return io::write_file_atomically(path, "#!/bin/sh\nexit 101\n", 0755); }

  bool is_ours_;
  Result<void> written_;
};

Result<void> install_packages(const Context& context, const UpdateFiles& files) {
  const auto journal = load_journal(context);
  if (!journal) return journal.error();
  if (!*journal || (*journal)->state != updates::State::trying || !io::exists(files.plan()))
    return {Errc::conflict, "no boot tries packages that are not installed yet"};
  const auto text = io::read_file(files.plan(), largest_plan);
  if (!text) return text.error();
  const auto prepared = updates::parse_plan(*text, files.plan());
  if (!prepared) return prepared.error();
  const Apt apt(files.archives());
  const auto plan = apt.plan();
  if (!plan) return plan.error();
  if (*plan != *prepared) return {Errc::conflict, "apt would do something else now than what was looked at"};
  const NoServices no_services;
  if (!no_services.written()) return no_services.written().error();
  if (auto done = apt.upgrade(); !done) return done;
  // Without a plan the next boot of the trial has nothing to install.
  if (auto removed = io::remove_file(files.plan()); !removed) return removed;
  return layerfs::sync_path(files.packages());
}

}  // namespace

ExitStatus carry_out(const Context& context, const Install&) {
  if (context.options.dry_run) {
    context.streams.out << "upgrade the packages that were prepared\n";
    return ExitStatus::done;
  }
  const UpdateFiles files(context);
  const auto done = install_packages(context, files);
  if (!done) return report_error(context, done.error());
  (void)layerfs::remove_tree(files.packages());
  return ExitStatus::done;
}

}  // namespace ipop::ga_update
