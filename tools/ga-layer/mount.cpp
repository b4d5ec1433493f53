#include <algorithm>
#include <filesystem>

#include "cli/rights.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "layerfs/mounting.hpp"
#include "steps.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;
using layers::MountStep;
using layers::MountWay;

/// An absolute path without links in what is there of it: mounts are known by such paths.
std::string absolute(const std::string& path) {
  std::error_code error;
  auto out = std::filesystem::absolute(path, error);
  if (!error) out = std::filesystem::weakly_canonical(out, error);
  std::string text = error ? path : out.string();
  while (text.size() > 1 && text.back() == '/')
    text.pop_back();
  return text;
}

/// Who mounts, or why nobody can.
Result<MountWay> choose_way(const MountLayers& verb, const layerfs::MountRights& rights) {
  const bool may_fuse = rights.has_fuse_overlayfs;
  switch (verb.through) {
    case Through::kernel:
      if (rights.is_root) return MountWay::kernel;
      return {Errc::not_authorized, "only root of the machine mounts through the kernel"};
    case Through::user_namespace:
      if (verb.command.empty() && !rights.in_user_namespace)
        return {Errc::not_authorized, "a mount in a user namespace is seen in it only: give a command, as in: -- bash"};
      return MountWay::user_namespace;
    case Through::fuse:
      if (may_fuse) return MountWay::fuse;
      return {Errc::not_authorized,
              "FUSE needs /dev/fuse open to this user, fuse-overlayfs and fusermount3 "
              "(apt install fuse-overlayfs squashfuse fuse3)"};
    case Through::automatic: break;
  }
  if (rights.is_root) return MountWay::kernel;
  if (rights.in_user_namespace || !verb.command.empty()) return MountWay::user_namespace;
  if (may_fuse) return MountWay::fuse;
  return {
      Errc::not_authorized,
      "an ordinary user needs FUSE to mount (apt install fuse-overlayfs squashfuse fuse3, and /dev/fuse), or gives a "
      "command that runs in a user namespace, as in: ga-layer mount DIR -- bash"};
}

/// This program again, as root of a user namespace of its own.
ExitStatus enter_user_namespace(const Context& context, const MountLayers& verb) {
  std::vector<std::string> command{"unshare", "--user",         "--map-root-user", "--mount",         "--propagation",
                                   "private", "/proc/self/exe", "--store",         context.store.root};
  // The file is that of the process that opens it, so it is named before unshare replaces this one.
  std::error_code error;
  command[6] = std::filesystem::read_symlink("/proc/self/exe", error).string();
  for (const std::string& word :
       {std::string("mount"), std::string("--through"), std::string("namespace"), verb.target, std::string("--")})
    command.push_back(word);
  command.insert(command.end(), verb.command.begin(), verb.command.end());
  const Error failed = io::replace_process(command);
  cli::complain(context.streams, tool, failed.message());
  return ExitStatus::no;
}

Result<void> do_step(const Context& context, const layers::Stack& stack, const MountStep& step) {
  if (step.kind != MountStep::Kind::unpack) return layerfs::carry_out(step);
  for (const layers::StackLayer& layer : stack.layers) {
    if (context.store.image(layer.name, layer.number) != step.from) continue;
    const auto manifest = read_manifest_of(context, layer);
    return manifest ? unpack_release(step.from, manifest->manifest, step.to) : manifest.error();
  }
  return {Errc::not_found, step.from};
}

Result<std::vector<std::string>> attached_places() {
  const auto mounts = layerfs::mounts_of_process();
  if (!mounts) return mounts.error();
  std::vector<std::string> out;
  for (const layerfs::Mount& mount : *mounts)
    out.push_back(mount.where);
  return out;
}

Result<void> mount_layers(const Context& context, Steps& steps, const layers::StoreLayout& store,
                          const std::string& target, MountWay way, const layerfs::MountRights& rights) {
  const auto lock = steps.is_plan() ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !steps.is_plan()) return lock.error();
  const auto stack = load_stack(context);
  if (!stack) return stack.error();
  const auto mounts = layerfs::mounts_of_process();
  if (!mounts) return mounts.error();
  layers::MountFacts facts{way, rights.has_squashfuse, target, rights.uid, rights.gid, {}};
  for (const layerfs::Mount& mount : *mounts)
    facts.attached.push_back(mount.where);
  const auto plan = layers::make_mount_plan(*stack, store, facts);
  if (!plan) return plan.error();
  for (const MountStep& step : *plan) {
    // Two overlays that write to one folder damage it.
    const std::string other = step.upper.empty() ? std::string() : layerfs::mounted_over(*mounts, step.upper);
    if (!other.empty()) return {Errc::conflict, step.upper + " is written to by the mount at " + other + " already"};
  }
  for (std::size_t i = 0; i < plan->size(); ++i) {
    const MountStep& step = (*plan)[i];
    auto done = steps.take(layers::to_string(step), [&] { return do_step(context, *stack, step); });
    if (done) continue;
    // What lies there for this mount alone goes again.
    for (std::size_t k = i; k-- > 0;) {
      if ((*plan)[k].kind != MountStep::Kind::attach_loop && (*plan)[k].kind != MountStep::Kind::attach_fuse) continue;
      MountStep back;
      back.kind = MountStep::Kind::detach;
      back.to = (*plan)[k].to;
      (void)layerfs::carry_out(back);
    }
    return done;
  }
  return {};
}

}  // namespace

ExitStatus carry_out(const Context& context, const MountLayers& verb) {
  const auto rights = layerfs::rights_of_process();
  const auto way = choose_way(verb, rights);
  if (!way) {
    cli::complain(context.streams, tool, way.error().message());
    cli::suggest_root(context.streams);
    return ExitStatus::permission;
  }
  Steps steps(context);
  if (*way == MountWay::user_namespace && !rights.in_user_namespace && !steps.is_plan())
    return enter_user_namespace(context, verb);
  const layers::StoreLayout store{absolute(context.store.root)};
  auto done = mount_layers(context, steps, store, absolute(verb.target), *way, rights);
  if (!done) return report_error(context, done.error());
  if (verb.command.empty()) return steps.finish({});
  if (steps.is_plan()) return steps.finish({});
  const Error failed = io::replace_process(verb.command);
  cli::complain(context.streams, tool, failed.message());
  return ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const UnmountLayers& verb) {
  const layers::StoreLayout store{absolute(context.store.root)};
  const auto attached = attached_places();
  if (!attached) return report_error(context, attached.error());
  Steps steps(context);
  const layers::MountFacts facts{MountWay::kernel, false, absolute(verb.target), 0, 0, *attached};
  for (const MountStep& step : layers::make_unmount_plan(store, facts)) {
    auto done = steps.take(layers::to_string(step), [&] { return layerfs::carry_out(step); });
    if (!done) return report_error(context, done.error());
  }
  return steps.finish({});
}

}  // namespace ipop::ga_layer
