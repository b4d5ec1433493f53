#include "offer.hpp"

#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "update_files.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;

std::string running_kernel() {
  const auto text = io::read_file("/proc/sys/kernel/osrelease", 256);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

}  // namespace

Result<void> check_free(const Context& context) {
  const auto journal = load_journal(context);
  if (!journal) return journal.error();
  if (*journal)
    return {Errc::conflict,
            "an update is under way (" + to_string((*journal)->change) + "): ga-update status shows how far it is"};
  const auto hold = load_hold(context);
  if (!hold) return hold.error();
  if (*hold)
    return {Errc::conflict, "updates are on hold" + ((*hold)->empty() ? std::string() : " (" + **hold + ")") +
                                ": ga-update unhold ends that"};
  return {};
}

Result<Accepted> consider(const Context& context, const std::string& file, const Tolerance& tolerance) {
  if (auto free = check_free(context); !free) return free.error();
  const auto trusted = layerstore::load_trust(context);
  if (!trusted) return trusted.error();
  auto release = layerstore::read_manifest(layerstore::manifest_path(file), &*trusted);
  if (!release) return std::move(release).error();
  const auto stack = layerstore::load_stack(context);
  if (!stack) return stack.error();
  const auto history = load_history(context);
  if (!history) return history.error();
  updates::Standing standing{*stack, *history, {}, {}, {}, tolerance.again, tolerance.other_signer};
  standing.kernel = running_kernel();
  const layers::StackLayer* layer = layers::find_layer(*stack, release->manifest.name);
  if (layer != nullptr && layer->number != 0) {
    const auto present = layerstore::read_manifest_of(context, *layer);
    if (!present) return present.error();
    standing.signer = present->signer_key;
    standing.made = present->manifest.made;
  }
  auto change = updates::check_offer({release->manifest, release->signer_key}, standing);
  if (!change) return std::move(change).error();
  auto next = layers::with_release(*stack, release->manifest);
  if (!next) return std::move(next).error();
  return Accepted{*std::move(release), *std::move(next), *std::move(change)};
}

ExitStatus carry_out(const Context& context, const Check& verb) {
  if (verb.packages) return check_packages_of_machine(context, verb.tolerance);
  const auto accepted = consider(context, verb.file, verb.tolerance);
  if (!accepted) return report_error(context, accepted.error());
  const layers::Manifest& manifest = accepted->release.manifest;
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-update.check/1");
    json.field("kind", to_string(manifest.kind));
    json.field("name", manifest.name);
    json.field("from", accepted->change ? accepted->change->from : manifest.number);
    json.field("to", manifest.number);
    json.field("signer", accepted->release.signer);
    json.field("in_use", !accepted->change);
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    out << to_string(manifest.kind) << '\t' << manifest.name << '\t'
        << (accepted->change ? accepted->change->from : manifest.number) << '\t' << manifest.number << '\t'
        << cli::printable(accepted->release.signer) << '\n';
  } else if (!accepted->change) {
    out << manifest.name << '-' << manifest.number << " is in use already\n";
  } else {
    out << manifest.name << '-' << manifest.number << " of " << cli::printable(accepted->release.signer)
        << " would be taken, after "
        << (accepted->change->from == 0 ? std::string("none of this name") : std::to_string(accepted->change->from))
        << '\n';
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_update
