#include <algorithm>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "io/file.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/tree_writer.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

/// One thing that was looked at.
struct Verdict {
  std::string what{};
  std::string number{};
  std::string signer{};
  std::string wrong{};  ///< empty: it is right
};

Verdict judge(const Context& context, const std::string& what, const std::string& manifest_file,
              const layers::TrustedSigners& trusted, bool deep) {
  Verdict out{what, {}, {}, {}};
  const auto read = read_manifest(manifest_file, &trusted);
  if (!read) {
    out.wrong = read.error().message();
    return out;
  }
  const layers::Manifest& manifest = read->manifest;
  out.number = std::to_string(manifest.number);
  out.signer = read->signer;
  const std::string payload = payload_path(manifest_file, manifest.kind);
  const auto sum = layerfs::sum_of_file(payload);
  if (!sum) {
    out.wrong = sum.error().message();
  } else if (sum->size != manifest.payload_size || sum->digest != manifest.payload) {
    out.wrong = payload + " has another sum than its manifest says";
  } else if (deep && manifest.kind != layers::LayerKind::home) {
    const std::string scratch = context.store.incoming() + "/look";
    if (auto made = io::make_directories(context.store.incoming(), 0700); !made) {
      out.wrong = made.error().message();
      return out;
    }
    if (auto right = check_image(payload, manifest, scratch); !right) out.wrong = right.error().message();
    (void)layerfs::remove_tree(context.store.incoming());
  }
  return out;
}

void show_verdicts(const Context& context, const std::vector<Verdict>& verdicts) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-layer.verify/1");
    json.begin_array("verdicts");
    for (const Verdict& verdict : verdicts) {
      json.begin_element();
      json.field("what", verdict.what);
      json.field("number", verdict.number);
      json.field("signer", verdict.signer);
      json.field("right", verdict.wrong.empty());
      json.field("wrong", verdict.wrong);
      json.end();
    }
    json.end();
    out << json.text() << '\n';
    return;
  }
  cli::Table table({{"WHAT"}, {"RELEASE", cli::Align::right}, {"SIGNER"}, {"VERDICT"}});
  for (const Verdict& verdict : verdicts)
    table.add_row({verdict.what, verdict.number, verdict.signer, verdict.wrong.empty() ? "right" : verdict.wrong});
  if (context.options.output.plain)
    table.write_plain(out);
  else if (!table.empty())
    table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
}

}  // namespace

ExitStatus carry_out(const Context& context, const Verify& verb) {
  const auto trusted = load_trust(context);
  if (!trusted) {
    cli::complain(context.streams, tool, trusted.error().message());
    return ExitStatus::bad_config;
  }
  const auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  // An image is mounted for a look in the store, which is one process' at a time.
  const auto lock = verb.deep ? open_store(context) : Result<io::DirectoryLock>(Errc::not_found);
  if (verb.deep && !lock) return report_error(context, lock.error());
  std::vector<Verdict> verdicts;
  const auto add_layer = [&](const layers::StackLayer& layer) {
    if (layer.number == 0) return;
    verdicts.push_back(
        judge(context, layer.name, context.store.manifest(layer.name, layer.number), *trusted, verb.deep));
  };
  if (verb.what.empty()) std::ranges::for_each(stack->layers, add_layer);
  for (const std::string& what : verb.what) {
    const layers::StackLayer* layer = layers::find_layer(*stack, what);
    if (layer != nullptr)
      add_layer(*layer);
    else
      verdicts.push_back(judge(context, what, manifest_path(what), *trusted, verb.deep));
  }
  show_verdicts(context, verdicts);
  const bool right = std::ranges::all_of(verdicts, [](const Verdict& verdict) { return verdict.wrong.empty(); });
  return right ? ExitStatus::done : ExitStatus::no;
}

}  // namespace ipop::ga_layer
