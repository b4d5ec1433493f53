#include <algorithm>
#include <filesystem>
#include <iterator>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "io/file.hpp"
#include "layerfs/mounting.hpp"
#include "layers/difference.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

struct LayerRow {
  std::string name{};
  std::string kind{};
  std::uint64_t number = 0;
  std::uint64_t before = 0;
  std::uint64_t size = 0;
  std::string made{};
  std::string signer{};
  std::string state{};
};

LayerRow row_of(const Context& context, const layers::Stack& stack, const layers::StackLayer& layer) {
  LayerRow row{layer.name, std::string(to_string(layer.kind)), layer.number, layer.before, 0, {}, {}, "ok"};
  if (layer.number == 0) {
    row.state = layer.name == stack.development ? "worked on" : "no release";
    return row;
  }
  const auto manifest = read_manifest_of(context, layer);
  if (!manifest) {
    row.state = "damaged";
    return row;
  }
  row.size = manifest->manifest.payload_size;
  row.made = cli::utc_text(manifest->manifest.made);
  row.signer = manifest->signer;
  std::error_code error;
  const auto size = std::filesystem::file_size(context.store.image(layer.name, layer.number), error);
  if (error)
    row.state = "no image";
  else if (size != row.size)
    row.state = "damaged";
  else if (layer.name == stack.development)
    row.state = "worked on";
  return row;
}

/// Where overlays of this store are mounted.
std::vector<std::string> mounted_at(const Context& context) {
  std::error_code error;
  const std::string store = std::filesystem::weakly_canonical(context.store.root, error).string();
  std::vector<std::string> out;
  const auto mounts = layerfs::mounts_of_process();
  if (!mounts) return out;
  for (const layerfs::Mount& mount : *mounts)
    if (mount.type.find("overlay") != std::string::npos &&
        mount.options.find("upperdir=" + store + '/') != std::string::npos)
      out.push_back(mount.where);
  return out;
}

void show_json(const Context& context, const layers::Stack& stack, const std::vector<LayerRow>& rows,
               const std::vector<std::string>& mounts) {
  cli::JsonWriter json("ga-layer.status/1");
  json.field("store", context.store.root);
  json.begin_array("layers");
  for (const LayerRow& row : rows) {
    json.begin_element();
    json.field("name", row.name);
    json.field("kind", row.kind);
    json.field("number", row.number);
    json.field("before", row.before);
    json.field("size", row.size);
    json.field("made", row.made);
    json.field("signer", row.signer);
    json.field("state", row.state);
    json.end();
  }
  json.end();
  json.field("development", stack.development);
  json.begin_array("mounts");
  for (const std::string& where : mounts)
    json.element(where);
  json.end();
  context.streams.out << json.text() << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowStatus&) {
  const auto stack = load_stack(context);
  if (!stack) {
    cli::complain(context.streams, tool, stack.error().message());
    return ExitStatus::bad_config;
  }
  std::vector<LayerRow> rows;
  for (const layers::StackLayer& layer : stack->layers)
    rows.push_back(row_of(context, *stack, layer));
  const auto mounts = mounted_at(context);
  const bool whole =
      std::ranges::none_of(rows, [](const LayerRow& row) { return row.state == "damaged" || row.state == "no image"; });
  if (context.options.output.json) {
    show_json(context, *stack, rows, mounts);
    return whole ? ExitStatus::done : ExitStatus::no;
  }
  const bool plain = context.options.output.plain;
  cli::Table table({{"LAYER"},
                    {"KIND"},
                    {"RELEASE", cli::Align::right},
                    {"BEFORE", cli::Align::right},
                    {"SIZE", cli::Align::right},
                    {"MADE"},
                    {"SIGNER"},
                    {"STATE"}});
  for (const LayerRow& row : rows)
    table.add_row({row.name, row.kind, row.number == 0 ? "" : std::to_string(row.number),
                   row.before == 0 ? "" : std::to_string(row.before),
                   plain ? std::to_string(row.size) : cli::human_octets(row.size), row.made, row.signer, row.state});
  if (plain) {
    table.write_plain(context.streams.out);
    return whole ? ExitStatus::done : ExitStatus::no;
  }
  if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  else
    context.streams.err << "There are no layers in " << context.store.root << '\n';
  for (const std::string& where : mounts)
    context.streams.out << "mounted at " << layers::shown_path(where) << '\n';
  return whole ? ExitStatus::done : ExitStatus::no;
}

namespace {

/// What is in a layer: of a release its manifest's list, of what is written to its folder.
Result<std::vector<layers::Entry>> entries_of(const Context& context, const layers::Stack& stack,
                                              const std::string& name, std::vector<layerfs::TreeProblem>& problems) {
  const layers::StackLayer* layer = layers::find_layer(stack, name);
  if (name != home_word && name != stack.development) {
    if (layer == nullptr || layer->number == 0) return {Errc::not_found, name + ": no such layer here"};
    auto manifest = read_manifest_of(context, *layer);
    if (!manifest) return std::move(manifest).error();
    return std::move(manifest->manifest.entries);
  }
  const auto folder = writable_folder(context, stack, name);
  if (!folder) return folder.error();
  auto tree = layerfs::read_tree(*folder, layerfs::Digests::files);
  if (!tree) return std::move(tree).error();
  problems = tree->problems;
  return std::move(tree->entries);
}

void show_changes(const Context& context, const std::string& name, const std::vector<layers::Change>& changes) {
  const layers::ChangeSums sums = layers::sum_up(changes);
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-layer.diff/1");
    json.field("layer", name);
    json.begin_array("changes");
    for (const layers::Change& change : changes) {
      json.begin_element();
      json.field("kind", to_string(change.kind));
      json.field("path", layers::shown_path(change.path));
      json.field("what", layers::shown_path(change.what));
      json.field("size_before", change.before);
      json.field("size_after", change.after);
      json.end();
    }
    json.end();
    json.field("added_octets", sums.added_octets);
    json.field("changed_octets", sums.changed_octets);
    json.field("hidden_octets", sums.hidden_octets);
    out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  cli::Table table({{"CHANGE"}, {"BEFORE", cli::Align::right}, {"AFTER", cli::Align::right}, {"PATH"}, {"WHAT"}});
  for (const layers::Change& change : changes) {
    const auto octets = [&](std::uint64_t size) { return plain ? std::to_string(size) : cli::human_octets(size); };
    table.add_row({std::string(to_string(change.kind)), octets(change.before), octets(change.after),
                   layers::shown_path(change.path), layers::shown_path(change.what)});
  }
  if (plain) return table.write_plain(out);
  if (!table.empty()) table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
  out << "added " << sums.added << " (" << cli::human_octets(sums.added_octets) << "), changed " << sums.changed << " ("
      << cli::human_octets(sums.changed_octets) << "), hidden " << sums.hidden << " ("
      << cli::human_octets(sums.hidden_octets) << "), moved " << sums.moved << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowDifference& verb) {
  const auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  std::vector<layerfs::TreeProblem> problems;
  const auto entries = entries_of(context, *stack, verb.layer, problems);
  if (!entries) return report_error(context, entries.error());
  const auto below = view_below(context, *stack, verb.layer);
  if (!below) return report_error(context, below.error());
  show_changes(context, verb.layer, layers::changes_of(*entries, *below));
  for (const layerfs::TreeProblem& problem : problems)
    cli::complain(context.streams, tool, layers::shown_path(problem.path) + ": " + problem.what);
  return problems.empty() ? ExitStatus::done : ExitStatus::partly;
}

}  // namespace ipop::ga_layer
