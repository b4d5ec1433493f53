#include "update_files.hpp"

#include <filesystem>

#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/tree_writer.hpp"
#include "layers/word_reader.hpp"
#include "layerstore/trusted_manifest.hpp"

namespace ipop::ga_update {
namespace {

constexpr std::size_t largest_text = 65'536;

/// The release that is not used goes, unless the stack has it.
Result<void> drop_what_was_tried(const Context& context, const updates::Change& change) {
  // The way back was home's.
  if (change.kind == updates::ChangeKind::packages) return {};
  const auto stack = layerstore::load_stack(context);
  if (!stack) return stack.error();
  const layers::StackLayer* layer = layers::find_layer(*stack, change.name);
  if (layer != nullptr && (layer->number == change.to || layer->before == change.to)) return {};
  return layerstore::remove_release(context, change.name, change.to);
}

/// The stack in which what was tried is used, and without the release that nobody can go back to any more.
Result<void> use_what_was_tried(const Context& context, const updates::Change& change) {
  if (change.kind == updates::ChangeKind::packages) return {};
  const auto stack = layerstore::load_stack(context);
  if (!stack) return stack.error();
  const layers::StackLayer* layer = layers::find_layer(*stack, change.name);
  // Somebody has imported a newer one meanwhile, which the next boot has.
  if (layer != nullptr && layer->highest > change.to) return drop_what_was_tried(context, change);
  const auto manifest = layerstore::read_manifest(context.store.manifest(change.name, change.to), nullptr);
  if (!manifest) return manifest.error();
  const auto next = layers::with_release(*stack, manifest->manifest);
  if (!next) return next.error();
  if (*next == *stack) return {};
  // Before the stack forgets it.
  if (layer != nullptr && layer->before != 0 && layer->before != change.to) {
    if (auto removed = layerstore::remove_release(context, layer->name, layer->before); !removed) return removed;
  }
  return layerstore::save_stack(context, *next);
}

/// Texts that were being written when the machine stopped.
void remove_unfinished(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("journal.") || name.starts_with("history.") || name.starts_with("hold."))
      (void)io::remove_file(it->path().string());
  }
}

/// A word about this boot, and a line for what else the boot disk can do.
std::string text_of_boot(const Context& context) {
  const auto text = io::read_file(context.options.run + "/update", 64);
  return text ? *text : std::string();
}

/// Whether a file of `images` is of a release that is newer than any that was ever in use.
bool is_never_used(const layers::Stack& stack, std::string_view file) {
  const std::size_t dot = file.rfind('.');
  const std::size_t hyphen = file.substr(0, dot).rfind('-');
  if (dot == std::string_view::npos || hyphen == std::string_view::npos) return false;
  std::uint64_t number = 0;
  if (!layers::parse_number(file.substr(hyphen + 1, dot - hyphen - 1), number)) return false;
  const layers::StackLayer* layer = layers::find_layer(stack, file.substr(0, hyphen));
  return layer != nullptr && number > layer->highest;
}

}  // namespace

Result<io::DirectoryLock> open_for_update(const Context& context, Duration limit) {
  auto lock = layerstore::open_store(context, limit);
  if (!lock) return lock;
  const UpdateFiles files(context);
  remove_unfinished(files.directory);
  if (io::exists(files.journal())) return lock;
  if (auto removed = layerfs::remove_tree(files.packages()); !removed) return removed.error();
  const auto stack = layerstore::load_stack(context);
  if (!stack) return stack.error();
  std::error_code error;
  for (std::filesystem::directory_iterator it(context.store.images(), error), end; !error && it != end;
       it.increment(error)) {
    if (!is_never_used(*stack, it->path().filename().string())) continue;
    if (auto removed = io::remove_file(it->path().string()); !removed) return removed.error();
  }
  return lock;
}

Result<std::optional<updates::Journal>> load_journal(const Context& context) {
  const std::string path = UpdateFiles(context).journal();
  if (!io::exists(path)) return std::optional<updates::Journal>();
  const auto text = io::read_file(path, largest_text);
  if (!text) return text.error();
  auto journal = updates::parse_journal(*text, path);
  if (!journal) return std::move(journal).error();
  return std::optional(*std::move(journal));
}

Result<void> save_journal(const Context& context, const updates::Journal& journal) {
  const UpdateFiles files(context);
  if (auto made = io::make_directories(files.directory, 0755); !made) return made;
  if (auto synced = layerfs::sync_path(context.store.root); !synced) return synced;
  return io::write_file_atomically(files.journal(), updates::to_string(journal), 0644);
}

Result<void> step_on(const Context& context, const updates::Journal& judged, const updates::Journal& next) {
  const auto present = load_journal(context);
  if (!present) return present.error();
  if (*present != judged)
    return {Errc::conflict, "another program took the update of " + title(judged.change) +
                                " to another step meanwhile: ga-update status"};
  return next == judged ? Result<void>() : save_journal(context, next);
}

Result<updates::History> load_history(const Context& context) {
  const std::string path = UpdateFiles(context).history();
  if (!io::exists(path)) return updates::History{};
  const auto text = io::read_file(path, largest_text);
  if (!text) return text.error();
  return updates::parse_history(*text, path);
}

Result<std::optional<std::string>> load_hold(const Context& context) {
  const std::string path = UpdateFiles(context).hold();
  if (!io::exists(path)) return std::optional<std::string>();
  auto text = io::read_file(path, largest_text);
  if (!text) return std::move(text).error();
  return std::optional(text->substr(0, text->find('\n')));
}

Result<void> finish_update(const Context& context, const updates::Journal& journal) {
  const UpdateFiles files(context);
  const bool content = journal.state == updates::State::content;
  auto done = content ? use_what_was_tried(context, journal.change) : drop_what_was_tried(context, journal.change);
  if (!done) return done;
  const auto history = load_history(context);
  if (!history) return history.error();
  const auto next = updates::with_ended(*history, journal, io::wall_time_now());
  if (next != *history) {
    if (auto written = io::write_file_atomically(files.history(), updates::to_string(next), 0644); !written)
      return written;
  }
  // Once it is restored, the copy is the home; a copy beside it is that of an update that was never tried.
  for (const std::string& tree : {files.home(), files.home_new(), files.packages()})
    if (auto removed = layerfs::remove_tree(tree); !removed) return removed;
  if (auto removed = io::remove_file(files.journal()); !removed) return removed;
  return layerfs::sync_path(files.directory);
}

std::string word_of_boot(const Context& context) {
  const auto text = text_of_boot(context);
  return text.substr(0, text.find('\n'));
}

bool boot_upgrades_packages(const Context& context) {
  return text_of_boot(context).ends_with("\npackages\n");
}

Result<void> restart_machine() {
  constexpr Duration limit = std::chrono::seconds(60);
  const auto asked = io::run_process({"systemctl", "--no-block", "reboot"}, limit);
  if (asked && asked->status == 0) return {};
  const auto told = io::run_process({"reboot"}, limit);
  if (told && told->status == 0) return {};
  return {Errc::conflict, "the machine cannot be restarted by this program: restart it"};
}

}  // namespace ipop::ga_update
