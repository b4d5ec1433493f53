#include "cli/human.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/home_archive.hpp"
#include "signing.hpp"
#include "steps.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

Result<void> copy_whole(const std::string& from, const std::string& to) {
  const auto copied = layerfs::copy_file(from, to + ".new", ~std::uint64_t{0} >> 1U);
  if (!copied) return copied.error();
  return io::rename_file(to + ".new", to);
}

Result<void> export_layer(const Context& context, Steps& steps, const layers::Stack& stack, const Export& verb) {
  const layers::StackLayer* layer = layers::find_layer(stack, verb.what);
  if (layer == nullptr || layer->number == 0) return {Errc::not_found, verb.what + ": no such layer here"};
  const std::string to = verb.to + '/' + layer->name + '-' + std::to_string(layer->number);
  const std::string image = context.store.image(layer->name, layer->number);
  const std::string manifest = context.store.manifest(layer->name, layer->number);
  if (auto made = steps.is_plan() ? Result<void>() : io::make_directories(verb.to, 0755); !made) return made;
  auto done =
      steps.take("copy " + image + " to " + to + ".squashfs", [&] { return copy_whole(image, to + ".squashfs"); });
  if (!done) return done;
  return steps.take("copy " + manifest + " to " + to + ".manifest",
                    [&] { return copy_whole(manifest, to + ".manifest"); });
}

/// What may travel without a signature: nothing that gives a right, and no attribute but a user's own and ACLs.
std::vector<layerfs::TreeProblem> find_privileged(const std::vector<layers::Entry>& entries) {
  std::vector<layerfs::TreeProblem> out;
  for (const layers::Entry& entry : entries)
    if (std::string what = layers::needs_signature(entry); !what.empty()) out.push_back({entry.path, std::move(what)});
  return out;
}

Result<void> export_home(const Context& context, Steps& steps, const layers::Stack& stack, const Export& verb,
                         const std::optional<Signer>& signer) {
  if (!verb.to.ends_with(".tar.zst"))
    return {Errc::malformed, verb.to + ": a home goes to a file that ends in .tar.zst"};
  const auto folder = writable_folder(context, stack, home_word);
  if (!folder) return folder.error();
  auto tree = layerfs::read_tree(*folder, layerfs::Digests::files);
  if (!tree) return std::move(tree).error();
  if (!tree->problems.empty()) return {Errc::conflict, named(tree->problems)};
  if (!signer) {
    if (const auto privileged = find_privileged(tree->entries); !privileged.empty())
      return {Errc::not_authorized, named(privileged) + ": a home with such needs a signature (--key)"};
  }
  layers::Manifest manifest;
  manifest.name = home_word;
  manifest.kind = layers::LayerKind::home;
  manifest.made = io::wall_time_now();
  // No later export has a lower number, on whatever machine it is made.
  manifest.number = static_cast<std::uint64_t>(manifest.made.seconds);
  manifest.entries = std::move(tree->entries);
  const std::string fresh = verb.to + ".new";
  auto done = steps.take("write " + std::to_string(manifest.entries.size()) + " names (" +
                             cli::human_octets(layers::octets_of_files(manifest.entries)) + ") to " + verb.to,
                         [&]() -> Result<void> {
                           const auto out = layerfs::make_new_file(fresh, 0600);
                           if (!out) return out.error();
                           auto written = layerfs::write_archive(*folder, manifest.entries, out->get());
                           return written ? layerfs::sync_path(fresh) : written;
                         });
  if (done) {
    done =
        steps.take(signer ? "sign it as " + signer->certificate.common_name() : "write its list, without a signature",
                   [&]() -> Result<void> {
                     const auto sum = layerfs::sum_of_file(fresh);
                     if (!sum) return sum.error();
                     manifest.payload_size = sum->size;
                     manifest.payload = sum->digest;
                     std::string text = layers::to_string(manifest);
                     if (signer) text = layers::sign_manifest(text, signer->key, signer->certificate);
                     if (auto moved = io::rename_file(fresh, verb.to); !moved) return moved;
                     return io::write_file_atomically(manifest_path(verb.to), text, 0600);
                   });
  }
  if (!done && io::exists(fresh)) (void)io::remove_file(fresh);
  return done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const Export& verb) {
  std::optional<Signer> signer;
  if (!verb.signing.key.empty()) {
    auto loaded = load_signer(verb.signing);
    if (!loaded) {
      cli::complain(context.streams, tool, loaded.error().message());
      return ExitStatus::bad_config;
    }
    signer = *std::move(loaded);
  }
  const auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  Steps steps(context);
  const auto done = verb.what == home_word ? export_home(context, steps, *stack, verb, signer)
                                           : export_layer(context, steps, *stack, verb);
  if (!done) return report_error(context, done.error());
  return steps.finish("Wrote " + verb.to);
}

}  // namespace ipop::ga_layer
