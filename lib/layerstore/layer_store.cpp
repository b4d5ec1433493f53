#include "layerstore/layer_store.hpp"

#include "io/file.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/squashfs_image.hpp"
#include "layerfs/tree_writer.hpp"

namespace ipop::layerstore {
namespace {

constexpr std::size_t largest_stack = std::size_t{1} << 20U;

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

Result<layers::Stack> load_stack(const Places& places) {
  const std::string path = places.store.stack_file();
  if (!io::exists(path)) return layers::Stack{};
  const auto text = io::read_file(path, largest_stack);
  if (!text) return text.error();
  return layers::parse_stack(*text, path);
}

Result<void> save_stack(const Places& places, const layers::Stack& stack) {
  return io::write_file_atomically(places.store.stack_file(), layers::to_string(stack), 0644);
}

Result<io::DirectoryLock> open_store(const Places& places, Duration limit) {
  const layers::StoreLayout& store = places.store;
  if (auto made = io::make_directories(store.root, 0755); !made) return made.error();
  auto lock = io::DirectoryLock::take(store.root, limit);
  if (!lock) return std::move(lock).error().in("another program works in " + store.root);
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

Result<void> copy_payload(const Places& places, const layers::Manifest& manifest, const std::string& from,
                          const std::string& to) {
  if (auto made = io::make_directories(places.store.incoming(), 0700); !made) return made;
  const auto sum = layerfs::copy_file(from, to, manifest.payload_size);
  if (!sum) return sum.error();
  if (sum->size != manifest.payload_size || sum->digest != manifest.payload)
    return {Errc::bad_checksum, from + " has another sum than its manifest says"};
  return {};
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

Result<void> remove_at_once(const Places& places, const std::string& tree) {
  if (!io::exists(tree)) return {};
  const std::string gone = places.store.incoming() + "/gone";
  if (auto made = io::make_directories(places.store.incoming(), 0700); !made) return made;
  if (auto moved = io::rename_file(tree, gone); !moved) return moved;
  return layerfs::remove_tree(gone);
}

Result<void> remove_release(const Places& places, std::string_view name, std::uint64_t number) {
  const std::string old = places.store.release(name, number);
  for (const char* ending : {".manifest", ".squashfs"})
    if (io::exists(old + ending))
      if (auto removed = io::remove_file(old + ending); !removed) return removed;
  return layerfs::remove_tree(places.store.unpacked(name, number));
}

}  // namespace ipop::layerstore
