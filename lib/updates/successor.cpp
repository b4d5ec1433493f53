#include "updates/successor.hpp"

#include <algorithm>

namespace ipop::updates {
namespace {

Error refuse(Errc code, std::string_view title, std::string_view what) {
  return make_error(make_error_code(code), std::string(title) + ": " + std::string(what));
}
Error refuse(Errc code, const Offer& offer, std::string_view what) {
  return refuse(code, offer.manifest.name + '-' + std::to_string(offer.manifest.number), what);
}

// What both kinds of offer are refused for.
Result<void> check_development(const layers::Stack& stack, std::string_view title) {
  if (stack.development.empty()) return {};
  return refuse(Errc::conflict, title,
                "the module " + stack.development + " is worked on (ga-layer dev " + stack.development + " --end)");
}
Result<void> check_failure(const Standing& standing, const Change& change) {
  const Ended* failed = find_failure(standing.history, change);
  if (failed == nullptr || standing.again) return {};
  return refuse(Errc::conflict, title(change),
                "the machine went back from it (" + failed->reason + "); --again tries it again");
}

/// How often packages have been upgraded.
std::uint64_t upgrades_of_packages(const History& history) {
  std::uint64_t out = 0;
  for (const Ended& one : history)
    if (one.change.kind == ChangeKind::packages && one.content) out = std::max(out, one.change.to);
  return out;
}

}  // namespace

bool fits_kernel(const layers::Manifest& base, std::string_view release) {
  if (release.empty()) return true;
  bool has_any = false;
  for (const layers::Entry& entry : base.entries) {
    if (entry.kind != layers::EntryKind::directory) continue;
    // Debian's /lib is a link to usr/lib.
    std::string_view path = entry.path;
    if (path.starts_with("usr/")) path.remove_prefix(4);
    constexpr std::string_view modules = "lib/modules/";
    if (!path.starts_with(modules)) continue;
    path.remove_prefix(modules.size());
    if (path == release) return true;
    has_any = has_any || path.find('/') == std::string_view::npos;
  }
  return !has_any;
}

Result<std::optional<Change>> check_offer(const Offer& offer, const Standing& standing) {
  const layers::Manifest& manifest = offer.manifest;
  if (manifest.kind == layers::LayerKind::home) return refuse(Errc::unsupported, offer, "a home is no update");
  if (auto free = check_development(standing.stack, manifest.name + '-' + std::to_string(manifest.number)); !free)
    return free.error();
  const layers::StackLayer* layer = layers::find_layer(standing.stack, manifest.name);
  const auto next = layers::with_release(standing.stack, manifest);
  if (!next) return next.error();
  if (*next == standing.stack) return std::optional<Change>();
  // A number that was in use here and is not now was left by a person, who went back from it.
  if (layer != nullptr && manifest.number <= layer->highest && !standing.again)
    return refuse(Errc::conflict, offer,
                  "it was in use here, and somebody went back to release " + std::to_string(layer->number) +
                      "; --again tries it again");
  if (standing.signer && *standing.signer != offer.signer && !standing.other_signer)
    return refuse(Errc::not_authorized, offer,
                  "it is signed by another key than the release in use; --other-signer takes it");
  if (standing.made && manifest.made < *standing.made)
    return refuse(Errc::expired, offer, "it was made before the release in use");
  if (manifest.kind == layers::LayerKind::base && !fits_kernel(manifest, standing.kernel))
    return refuse(Errc::unsupported, offer,
                  "it has no modules for " + standing.kernel + ", the kernel that the boot disk starts");
  const Change change{manifest.kind == layers::LayerKind::base ? ChangeKind::base : ChangeKind::module, manifest.name,
                      layer == nullptr ? 0 : layer->number, manifest.number};
  if (auto good = check_failure(standing, change); !good) return good.error();
  return std::optional(change);
}

Result<std::optional<Change>> check_packages(const PackagePlan& plan, const Standing& standing) {
  if (plan.empty()) return std::optional<Change>();
  const std::uint64_t before = upgrades_of_packages(standing.history);
  const Change change{ChangeKind::packages, name_of_plan(plan), before, before + 1};
  if (auto free = check_development(standing.stack, title(change)); !free) return free.error();
  if (auto newer = check_no_downgrade(plan); !newer) return newer.error();
  if (auto good = check_failure(standing, change); !good) return good.error();
  return std::optional(change);
}

}  // namespace ipop::updates
