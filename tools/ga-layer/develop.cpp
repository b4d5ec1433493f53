#include <filesystem>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "io/file.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/tree_editor.hpp"
#include "layerfs/tree_writer.hpp"
#include "layers/traces.hpp"
#include "steps.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

/// A folder that an overlay writes to is left alone.
Result<void> check_unmounted(const std::string& folder) {
  const auto mounts = layerfs::mounts_of_process();
  if (!mounts) return mounts.error();
  const std::string where = layerfs::mounted_over(*mounts, folder);
  if (where.empty()) return {};
  return {Errc::conflict, folder + " is mounted at " + where + " (ga-layer unmount " + where + ")"};
}

Result<void> begin_work(const Context& context, Steps& steps, const layers::Stack& stack, const std::string& module) {
  const auto next = layers::with_development(stack, module);
  if (!next) return next.error();
  const std::string folder = context.store.development(module);
  const layers::StackLayer* layer = layers::find_layer(stack, module);
  if (layer != nullptr && layer->number != 0 && !io::exists(folder)) {
    const std::string image = context.store.image(module, layer->number);
    auto done = steps.take("unpack " + image + " to " + folder, [&]() -> Result<void> {
      const auto manifest = read_manifest_of(context, *layer);
      if (!manifest) return manifest.error();
      const std::string fresh = folder + ".new";
      if (auto removed = layerfs::remove_tree(fresh); !removed) return removed;
      if (auto unpacked = unpack_release(image, manifest->manifest, fresh + layers::tree_of_writable); !unpacked)
        return unpacked;
      if (auto made = io::make_directories(fresh + layers::work_of_writable, 0755); !made) return made;
      if (auto moved = io::rename_file(fresh, folder); !moved) return moved;
      // Before the stack says that it is there.
      if (auto synced = layerfs::sync_path(folder.substr(0, folder.rfind('/'))); !synced) return synced;
      return note_work_began_from(context, module, layer->number);
    });
    if (!done) return done;
  } else if (layer != nullptr && stack.development != module && io::exists(folder) &&
             work_began_from(context, module) < layer->number) {
    return {Errc::conflict, folder + " is from before release " + std::to_string(layer->number) +
                                ", which is in use: keep what you need of it, and remove it"};
  }
  if (*next == stack) return {};
  return steps.take("write to " + module + " where the layers are mounted, and leave home out",
                    [&] { return save_stack(context, *next); });
}

}  // namespace

ExitStatus carry_out(const Context& context, const Develop& verb) {
  Steps steps(context);
  const auto lock = steps.is_plan() ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !steps.is_plan()) return report_error(context, lock.error());
  auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  Result<void> done;
  if (!verb.end) {
    done = begin_work(context, steps, *stack, verb.module);
  } else if (stack->development == verb.module) {
    stack->development.clear();
    // A module that was never released is in no mount: its folder waits for the next `dev`.
    if (const auto* layer = layers::find_layer(*stack, verb.module); layer != nullptr && layer->number == 0)
      std::erase_if(stack->layers, [&](const layers::StackLayer& one) { return one.name == verb.module; });
    done = steps.take("write to home again", [&] { return save_stack(context, *stack); });
  }
  if (!done) return report_error(context, done.error());
  return steps.finish(verb.end ? "Home is written to" : "The next mount writes to " + verb.module);
}

namespace {

void show_traces(const Context& context, const std::vector<layers::Trace>& traces) {
  const auto sums = layers::sum_up(traces);
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-layer.blank/1");
    json.field("changed", !context.options.dry_run && !traces.empty());
    json.begin_array("groups");
    for (const layers::TraceSum& sum : sums) {
      json.begin_element();
      json.field("group", sum.group);
      json.field("names", sum.names);
      json.field("octets", sum.octets);
      json.end();
    }
    json.end();
    json.begin_array("paths");
    for (const layers::Trace& trace : traces)
      json.element(layers::shown_path(trace.path));
    json.end();
    out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  cli::Table table({{"REMOVED"}, {"NAMES", cli::Align::right}, {"SIZE", cli::Align::right}});
  for (const layers::TraceSum& sum : sums)
    table.add_row({std::string(sum.group), std::to_string(sum.names),
                   plain ? std::to_string(sum.octets) : cli::human_octets(sum.octets)});
  if (plain) return table.write_plain(out);
  if (table.empty())
    context.streams.err << "There are no traces\n";
  else
    table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
  if (!context.options.dry_run) return;
  for (const layers::Trace& trace : traces)
    out << (trace.remedy == layers::TraceRemedy::empty ? "would empty " : "would remove ")
        << layers::shown_path(trace.path) << '\n';
}

/// The machine that runs would lose its keys, logs and what its programs keep in /run and /tmp.
Result<void> check_not_running(const Context& context, const std::string& folder) {
  std::error_code error;
  if (context.options.dry_run || !std::filesystem::equivalent(folder, "/", error)) return {};
  return {Errc::conflict,
          "this machine runs in " + folder + ": blank a copy of it, or see with --dry-run what would go"};
}

}  // namespace

ExitStatus carry_out(const Context& context, const Blank& verb) {
  const bool whole = verb.layer.empty();
  const auto lock = context.options.dry_run || whole ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !whole && !context.options.dry_run) return report_error(context, lock.error());
  std::string folder = verb.tree;
  if (!whole) {
    const auto stack = load_stack(context);
    if (!stack) return report_error(context, stack.error());
    const auto found = writable_folder(context, *stack, verb.layer);
    if (!found) return report_error(context, found.error());
    folder = *found;
    if (auto free = check_unmounted(folder); !free) return report_error(context, free.error());
  }
  if (auto other = check_not_running(context, folder); !other) return report_error(context, other.error());
  const auto tree = layerfs::read_tree(folder, layerfs::Digests::none);
  if (!tree) return report_error(context, tree.error());
  if (!tree->problems.empty()) {
    cli::complain(context.streams, tool, named(tree->problems) + "; nothing was removed");
    return ExitStatus::no;
  }
  const auto traces = layers::find_traces(tree->entries, whole);
  if (!context.options.dry_run) {
    if (auto removed = layerfs::remove_traces(folder, traces); !removed) return report_error(context, removed.error());
  }
  show_traces(context, traces);
  return ExitStatus::done;
}

}  // namespace ipop::ga_layer
