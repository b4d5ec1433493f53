#include "layers/mount_plan.hpp"

#include <algorithm>

namespace ipop::layers {
namespace {

using Kind = MountStep::Kind;

std::string numbered(std::string_view name, std::uint64_t number) {
  return std::string(name) + '-' + std::to_string(number);
}

bool is_attached(const MountFacts& facts, const std::string& where) {
  return std::ranges::find(facts.attached, where) != facts.attached.end();
}

/// The layers that are read, the highest first.
std::vector<const StackLayer*> read_layers(const Stack& stack) {
  std::vector<const StackLayer*> out;
  // All of the module that is worked on is in its own folder.
  for (const StackLayer& layer : stack.layers)
    if (layer.number != 0 && layer.name != stack.development) out.push_back(&layer);
  std::ranges::reverse(out);
  return out;
}

/// Kernel: renames of directories that lie below work, as dpkg needs it (the default gives EXDEV); metacopy would leave
/// files without their octets in the upper layer, index would tie the upper layer to one release of the lower ones.
/// In a user namespace the kernel keeps its words in user.* and allows no redirects.
std::string overlay_options(const MountFacts& facts) {
  switch (facts.way) {
    case MountWay::kernel: return "redirect_dir=on,metacopy=off,index=off,xino=off";
    case MountWay::user_namespace: return "userxattr";
    case MountWay::fuse:
      return "squash_to_uid=" + std::to_string(facts.uid) + ",squash_to_gid=" + std::to_string(facts.gid);
  }
  return {};
}

}  // namespace

std::string StoreLayout::release(std::string_view name, std::uint64_t number) const {
  return images() + '/' + numbered(name, number);
}
std::string StoreLayout::image(std::string_view name, std::uint64_t number) const {
  return release(name, number) + ".squashfs";
}
std::string StoreLayout::manifest(std::string_view name, std::uint64_t number) const {
  return release(name, number) + ".manifest";
}
std::string StoreLayout::mount_point(std::string_view name, std::uint64_t number) const {
  return mounts() + '/' + numbered(name, number);
}
std::string StoreLayout::unpacked(std::string_view name, std::uint64_t number) const {
  return root + "/unpacked/" + numbered(name, number);
}
std::string StoreLayout::development(std::string_view name) const {
  return root + "/development/" + std::string(name);
}

std::string to_string(const MountStep& step) {
  switch (step.kind) {
    case Kind::attach_loop: return "mount " + step.from + " on " + step.to + " (squashfs, loop device)";
    case Kind::attach_fuse: return "mount " + step.from + " on " + step.to + " (squashfuse)";
    case Kind::unpack: return "unpack " + step.from + " to " + step.to;
    case Kind::make_writable: return "make the writable folder " + step.to;
    case Kind::overlay:
    case Kind::fuse_overlay: {
      std::string out = "mount on " + step.to + (step.kind == Kind::overlay ? " (overlayfs" : " (fuse-overlayfs") +
                        (step.options.empty() ? "" : ", " + step.options) + "): ";
      for (const std::string& lower : step.lowers)
        out += (lower == step.lowers.front() ? "" : " over ") + lower;
      return out + (step.upper.empty() ? ", read-only" : ", written to " + step.upper);
    }
    case Kind::detach: return "unmount " + step.to;
  }
  return {};
}

Result<std::vector<MountStep>> make_mount_plan(const Stack& stack, const StoreLayout& store, const MountFacts& facts) {
  for (const std::string& path : {store.root, facts.target})
    if (path.find_first_of(":,\\\"\n") != std::string::npos)
      return {Errc::malformed, path + ": overlayfs needs a path without : , \\ \" and line feeds"};
  const auto layers = read_layers(stack);
  if (layers.empty()) return {Errc::not_found, "there is no layer to mount"};
  std::vector<MountStep> out;
  if (is_attached(facts, facts.target)) return out;

  MountStep over;
  over.kind = facts.way == MountWay::fuse ? Kind::fuse_overlay : Kind::overlay;
  over.to = facts.target;
  over.options = overlay_options(facts);
  for (const StackLayer* layer : layers) {
    const std::string image = store.image(layer->name, layer->number);
    const bool unpacks = facts.way != MountWay::kernel && !facts.has_squashfuse;
    const std::string at =
        unpacks ? store.unpacked(layer->name, layer->number) : store.mount_point(layer->name, layer->number);
    const Kind kind = facts.way == MountWay::kernel ? Kind::attach_loop : unpacks ? Kind::unpack : Kind::attach_fuse;
    over.lowers.push_back(at);
    if (!is_attached(facts, at)) out.push_back({kind, image, at, {}, {}, {}, {}});
  }
  const std::string writable = stack.development.empty() ? store.home() : store.development(stack.development);
  over.upper = writable + tree_of_writable;
  over.work = writable + work_of_writable;
  out.push_back({Kind::make_writable, over.lowers.back(), writable, {}, {}, {}, {}});
  out.push_back(std::move(over));
  return out;
}

std::vector<MountStep> make_unmount_plan(const StoreLayout& store, const MountFacts& facts) {
  std::vector<MountStep> out;
  if (is_attached(facts, facts.target)) out.push_back({Kind::detach, {}, facts.target, {}, {}, {}, {}});
  // Those of a release that was in use when it was mounted too.
  for (const std::string& where : facts.attached)
    if (where.starts_with(store.mounts() + '/')) out.push_back({Kind::detach, {}, where, {}, {}, {}, {}});
  return out;
}

}  // namespace ipop::layers
