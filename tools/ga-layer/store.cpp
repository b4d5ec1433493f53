#include "store.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/group_files.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/squashfs_image.hpp"
#include "layerfs/tree_writer.hpp"

namespace ipop::ga_layer {
namespace {

constexpr std::size_t largest_small_file = std::size_t{1} << 20U;
// A list of 100,000 keys.
constexpr std::size_t largest_list = std::size_t{8} << 20U;

Result<void> add_trust_file(const std::string& path, layers::TrustedSigners& out) {
  if (path.ends_with(".pem")) {
    const auto pem = io::read_file(path, largest_small_file);
    if (!pem) return pem.error();
    auto certificate = crypto::Certificate::from_pem(*pem);
    if (!certificate) return std::move(certificate).error().in(path);
    out.certificates.push_back(*std::move(certificate));
  } else if (path.ends_with(".revocations")) {
    const auto octets = io::read_file(path, largest_list);
    if (!octets) return octets.error();
    auto list = crypto::decode_revocation_list(as_bytes(*octets));
    if (!list) return std::move(list).error().in(path);
    out.revocations.push_back(*std::move(list));
  }
  return {};
}

/// Files of a directory, in one order on every machine.
std::vector<std::string> files_of_directory(const std::string& directory, std::error_code& error) {
  std::vector<std::string> out;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    out.push_back(it->path().string());
  std::ranges::sort(out);
  return out;
}

Result<void> add_group(const Context& context, layers::TrustedSigners& out) {
  const std::string path = GroupFiles(context.options.group, context.options.groups).config();
  if (auto name = groups::check_group_name(context.options.group); !name) return name;
  const auto text = io::read_file(path, largest_small_file);
  if (!text) return text.error();
  const auto config = groups::parse_group_config(*text, path);
  if (!config) return config.error();
  if (config->authority.empty())
    return {Errc::not_authorized, "the group " + config->name + " is open: it has no authority that could sign"};
  auto certificate = crypto::Certificate::from_pem(config->authority);
  if (!certificate) return std::move(certificate).error().in(path);
  out.certificates.push_back(*std::move(certificate));
  // Where the group's node keeps the list of the last time.
  const std::string list = GroupFiles(config->name).node().revocations();
  if (context.options.groups != groups_directory || !io::exists(list)) return {};
  const auto octets = io::read_file(list, largest_list);
  if (!octets) return octets.error();
  auto decoded = crypto::decode_revocation_list(as_bytes(*octets));
  if (!decoded) return std::move(decoded).error().in(list);
  out.revocations.push_back(*std::move(decoded));
  return {};
}

/// What an ordinary user's unsquashfs leaves out of a tree that it made.
Result<void> add_whiteouts(int directory, const layers::Manifest& manifest) {
  std::vector<layers::Entry> missing;
  for (const layers::Entry& entry : manifest.entries)
    if (entry.kind == layers::EntryKind::whiteout) missing.push_back(entry);
  const auto none = [](const layers::Entry&, const layerfs::Place&) { return Result<void>(); };
  if (auto made = layerfs::write_tree(directory, missing, none); !made) return made;
  return layerfs::write_marks(directory, manifest.entries, layerfs::Marks::user);
}

Result<void> compare(const std::string& directory, const layers::Manifest& manifest, bool ownerless) {
  const auto tree = layerfs::read_tree(directory, layerfs::Digests::files);
  if (!tree) return tree.error();
  const auto different = layerfs::differences(*tree, manifest.entries, ownerless);
  if (!different.empty()) return {Errc::bad_checksum, "the image is not what its manifest says: " + named(different)};
  return {};
}

}  // namespace

Result<layers::Stack> load_stack(const Context& context) {
  const std::string path = context.store.stack_file();
  if (!io::exists(path)) return layers::Stack{};
  const auto text = io::read_file(path, largest_small_file);
  if (!text) return text.error();
  return layers::parse_stack(*text, path);
}

Result<void> save_stack(const Context& context, const layers::Stack& stack) {
  return io::write_file_atomically(context.store.stack_file(), layers::to_string(stack), 0644);
}

Result<io::DirectoryLock> open_store(const Context& context) {
  const layers::StoreLayout& store = context.store;
  if (auto made = io::make_directories(store.root, 0755); !made) return made.error();
  auto lock = io::DirectoryLock::take(store.root);
  if (!lock) return std::move(lock).error().in("another ga-layer works in " + store.root);
  if (auto made = io::make_directories(store.images(), 0755); !made) return made.error();
  // A home that was put in place and not yet named the one before, or one that was not put in place: either is a home
  // that `rollback` goes to.
  const std::string next = store.home() + ".next";
  if (io::exists(next) && !io::exists(store.home_before())) {
    if (auto moved = io::rename_file(next, store.home_before()); !moved) return moved.error();
  }
  for (const std::string& left : {next, store.incoming()})
    if (auto removed = layerfs::remove_tree(left); !removed) return removed.error();
  return lock;
}

Result<layers::TrustedSigners> load_trust(const Context& context) {
  layers::TrustedSigners out;
  std::error_code error;
  const auto files = files_of_directory(context.options.trust, error);
  if (error && error != std::errc::no_such_file_or_directory)
    return make_error(error, "reading " + context.options.trust);
  for (const std::string& path : files)
    if (auto added = add_trust_file(path, out); !added) return added.error();
  if (!context.options.group.empty()) {
    if (auto added = add_group(context, out); !added) return added.error();
  }
  return out;
}

Result<ReadManifest> read_manifest(const std::string& path, const layers::TrustedSigners* trusted) {
  auto text = io::read_file(path, layers::largest_manifest + largest_small_file);
  if (!text) return std::move(text).error();
  const auto envelope = layers::parse_envelope(*text, path);
  if (!envelope) return envelope.error();
  if (trusted != nullptr) {
    if (auto right = layers::check_signer(*envelope, *trusted, std::nullopt); !right)
      return Error(right.error()).in(path);
  }
  auto manifest = layers::parse_manifest(envelope->body, path);
  if (!manifest) return std::move(manifest).error();
  if (trusted != nullptr) {
    if (auto right = layers::check_signer(*envelope, *trusted, manifest->made); !right)
      return Error(right.error()).in(path);
  }
  ReadManifest out{*std::move(manifest), {}, envelope->signer ? envelope->signer->common_name() : std::string()};
  out.text = *std::move(text);
  return out;
}

Result<ReadManifest> read_manifest_of(const Context& context, const layers::StackLayer& layer) {
  return read_manifest(context.store.manifest(layer.name, layer.number), nullptr);
}

std::string manifest_path(const std::string& file) {
  for (const std::string_view ending : {".squashfs", ".tar.zst", ".manifest"})
    if (file.ends_with(ending)) return file.substr(0, file.size() - ending.size()) + ".manifest";
  return file + ".manifest";
}

std::string payload_path(const std::string& manifest, layers::LayerKind kind) {
  constexpr std::string_view ending = ".manifest";
  return manifest.substr(0, manifest.size() - ending.size()) +
         (kind == layers::LayerKind::home ? ".tar.zst" : ".squashfs");
}

Result<layers::MergedView> view_below(const Context& context, const layers::Stack& stack, const std::string& name) {
  layers::MergedView out;
  for (const layers::StackLayer& layer : stack.layers) {
    // What is worked on lies over all others.
    if (layer.name == name && name != stack.development) break;
    if (layer.number == 0 || layer.name == stack.development) continue;
    const auto manifest = read_manifest_of(context, layer);
    if (!manifest) return manifest.error();
    out.add_layer(manifest->manifest.entries);
  }
  return out;
}

Result<std::string> writable_folder(const Context& context, const layers::Stack& stack, const std::string& name) {
  const bool is_home = name == home_word;
  if (!is_home && name != stack.development)
    return {Errc::not_found, name + " is not worked on (ga-layer dev " + name + ")"};
  std::string folder = (is_home ? context.store.home() : context.store.development(name)) + layers::tree_of_writable;
  if (!io::exists(folder)) return {Errc::not_found, name + ": nothing was written to it yet"};
  return folder;
}

std::uint64_t work_began_from(const Context& context, const std::string& module) {
  const auto text = io::read_file(context.store.development(module) + "/from", 64);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

Result<void> note_work_began_from(const Context& context, const std::string& module, std::uint64_t number) {
  return io::write_file_atomically(context.store.development(module) + "/from", std::to_string(number) + '\n', 0644);
}

Result<void> unpack_release(const std::string& image, const layers::Manifest& manifest, const std::string& directory) {
  if (io::exists(directory)) return {};
  const std::string fresh = directory + ".new";
  if (auto removed = layerfs::remove_tree(fresh); !removed) return removed;
  if (auto made = io::make_directories(directory.substr(0, directory.rfind('/')), 0755); !made) return made;
  const bool is_root = layerfs::rights_of_process().is_root;
  auto done = layerfs::unpack_squashfs(image, fresh);
  if (done && !is_root) {
    const auto opened = layerfs::open_directory(fresh);
    done = opened ? add_whiteouts(opened->get(), manifest) : Result<void>(opened.error());
  }
  if (done) done = compare(fresh, manifest, !is_root);
  if (done) done = layerfs::sync_file_system(fresh);
  if (done) done = io::rename_file(fresh, directory);
  if (!done) (void)layerfs::remove_tree(fresh);
  return done;
}

Result<void> check_image(const std::string& image, const layers::Manifest& manifest, const std::string& scratch) {
  const auto rights = layerfs::rights_of_process();
  if (!rights.is_root) {
    auto unpacked = unpack_release(image, manifest, scratch);
    (void)layerfs::remove_tree(scratch);
    return unpacked;
  }
  layers::MountStep attach;
  attach.kind = layers::MountStep::Kind::attach_loop;
  attach.from = image;
  attach.to = scratch;
  if (auto attached = layerfs::carry_out(attach); !attached)
    return Error(attached.error()).in("the image can't be mounted");
  auto result = compare(scratch, manifest, false);
  attach.kind = layers::MountStep::Kind::detach;
  if (auto detached = layerfs::carry_out(attach); !detached && result) result = detached;
  (void)io::remove_file(scratch);
  return result;
}

std::string named(const std::vector<layerfs::TreeProblem>& problems) {
  if (problems.empty()) return {};
  std::string out = layers::shown_path(problems.front().path) + ' ' + problems.front().what;
  if (problems.size() > 1) out += ", and " + std::to_string(problems.size() - 1) + " more";
  return out;
}

}  // namespace ipop::ga_layer
