#include <algorithm>

#include "cli/human.hpp"
#include "io/file.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/home_archive.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/sandbox.hpp"
#include "layerfs/tree_writer.hpp"
#include "steps.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

// Text and programs come to a tenth or so; what unpacks to 200 times its size is made to fill a disk. Small homes may
// be mostly empty files.
constexpr std::uint64_t largest_ratio = 200;
constexpr std::uint64_t harmless = std::uint64_t{64} << 20U;

std::uint64_t most_octets_of(std::uint64_t payload, std::uint64_t limit) {
  return std::min(limit, payload > limit / largest_ratio ? limit : payload * largest_ratio + harmless);
}

/// The last number of a home that was imported; 0 for none.
std::uint64_t home_number(const Context& context) {
  const auto text = io::read_file(context.store.home() + "/number", 64);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

class ImportWork {
 public:
  ImportWork(const Context& context, const Import& verb, const layers::Stack& stack, ReadManifest manifest)
      : context_(context), verb_(verb), stack_(stack), read_(std::move(manifest)), steps_(context) {}

  Result<void> run() { return read_.manifest.kind == layers::LayerKind::home ? take_home() : take_layer(); }

  ExitStatus finish() {
    const layers::Manifest& manifest = read_.manifest;
    return steps_.finish(manifest.kind == layers::LayerKind::home
                             ? "home: " + std::to_string(manifest.entries.size()) + " names"
                             : manifest.name + ": release " + std::to_string(manifest.number) + " is used");
  }

 private:
  /// The payload, once its sum is the one that was signed. Looked at in a copy that nobody else can change.
  Result<void> copy_payload(const std::string& to) {
    const layers::Manifest& manifest = read_.manifest;
    const std::string from = payload_path(manifest_path(verb_.file), manifest.kind);
    return steps_.take("copy " + from + " and compare its sum",
                       [&] { return layerstore::copy_payload(context_, manifest, from, to); });
  }

  Result<void> take_layer() {
    const layers::Manifest& manifest = read_.manifest;
    std::optional<crypto::Digest256> known;
    const layers::StackLayer* layer = layers::find_layer(stack_, manifest.name);
    if (layer != nullptr && layer->number == manifest.number) {
      const auto present = read_manifest_of(context_, *layer);
      if (!present) return present.error();
      known = present->manifest.payload;
    }
    const auto next = layers::with_release(stack_, manifest, known);
    if (!next) return next.error();
    if (*next == stack_) return {};
    if (stack_.development == manifest.name)
      return {Errc::conflict, manifest.name + " is worked on (ga-layer dev " + manifest.name + " --end)"};
    const std::string image = context_.store.incoming() + "/image.squashfs";
    auto done = copy_payload(image);
    if (done) {
      done = steps_.take("compare every file of the image with the list",
                         [&] { return check_image(image, manifest, context_.store.incoming() + "/look"); });
    }
    const std::string release = context_.store.release(manifest.name, manifest.number);
    if (done) {
      done = steps_.take("put it at " + release + ".squashfs and .manifest",
                         [&] { return layerstore::put_release(context_, read_, image); });
    }
    if (done) done = steps_.take("use it", [&] { return save_stack(context_, *next); });
    if (done && layer != nullptr && layer->before != 0 && layer->before != manifest.number) {
      const std::string old = context_.store.release(layer->name, layer->before);
      done = steps_.take("remove " + old + ".squashfs and .manifest",
                         [&] { return layerstore::remove_release(context_, layer->name, layer->before); });
    }
    return done;
  }

  Result<void> check_home() {
    const layers::Manifest& manifest = read_.manifest;
    if (manifest.number < home_number(context_))
      return {Errc::expired, verb_.file + " is older than the home that was imported here"};
    if (layers::octets_of_files(manifest.entries) > verb_.limit)
      return {Errc::too_large, verb_.file + " unpacks to " +
                                   cli::human_octets(layers::octets_of_files(manifest.entries)) +
                                   ", more than --limit"};
    if (!read_.signer.empty() && !verb_.unsigned_home) return {};
    for (const layers::Entry& entry : manifest.entries)
      if (const std::string what = layers::needs_signature(entry); !what.empty())
        return {Errc::not_authorized, layers::shown_path(entry.path) + ' ' + what + ": nobody signed that"};
    return {};
  }

  Result<void> unpack(const std::string& archive, const std::string& home) {
    const layers::Manifest& manifest = read_.manifest;
    const std::string octets = context_.store.incoming() + "/octets";
    const std::string tree = home + layers::tree_of_writable;
    for (const std::string& path : {octets, tree, home + layers::work_of_writable})
      if (auto made = io::make_directories(path, 0700); !made) return made;
    const auto from = layerfs::open_regular_file(archive);
    const auto files = layerfs::open_directory(octets);
    const auto to = layerfs::open_directory(tree);
    if (!from || !files || !to) return !from ? from.error() : !files ? files.error() : to.error();
    auto done = layerfs::run_confined({files->get(), verb_.limit}, [&] {
      return layerfs::take_octets(from->get(), manifest.entries, files->get(),
                                  most_octets_of(manifest.payload_size, verb_.limit));
    });
    if (done) done = layerfs::write_tree(to->get(), manifest.entries, layerfs::moving_from(files->get()));
    const bool is_root = layerfs::rights_of_process().is_root;
    if (done) {
      done =
          layerfs::write_marks(to->get(), manifest.entries, is_root ? layerfs::Marks::trusted : layerfs::Marks::user);
    }
    if (done) done = io::write_file_atomically(home + "/number", std::to_string(manifest.number) + '\n', 0644);
    return done ? layerfs::sync_file_system(home) : done;
  }

  /// The home that is there stays whole, and is the one before.
  Result<void> put_in_place(const std::string& fresh) {
    const std::string home = context_.store.home();
    if (!io::exists(home)) {
      auto moved = io::rename_file(fresh, home);
      return moved ? layerfs::sync_path(context_.store.root) : moved;
    }
    const std::string next = home + ".next";
    // A rollback would go to half of it.
    if (auto removed = layerstore::remove_at_once(context_, context_.store.home_before()); !removed) return removed;
    if (auto moved = io::rename_file(fresh, next); !moved) return moved;
    if (auto swapped = layerfs::exchange_names(next, home); !swapped) return swapped;
    if (auto moved = io::rename_file(next, context_.store.home_before()); !moved) return moved;
    return layerfs::sync_path(context_.store.root);
  }

  Result<void> take_home() {
    if (auto right = check_home(); !right) return right;
    const auto mounts = layerfs::mounts_of_process();
    if (!mounts) return mounts.error();
    const std::string where = layerfs::mounted_over(*mounts, context_.store.home() + layers::tree_of_writable);
    if (!where.empty()) return {Errc::conflict, "home is mounted at " + where + " (ga-layer unmount " + where + ")"};
    const std::string archive = context_.store.incoming() + "/home.tar.zst";
    const std::string fresh = context_.store.incoming() + "/home";
    auto done = copy_payload(archive);
    if (done) {
      done = steps_.take("unpack " + std::to_string(read_.manifest.entries.size()) + " names in a sandbox (" +
                             cli::human_octets(layers::octets_of_files(read_.manifest.entries)) + ')',
                         [&] { return unpack(archive, fresh); });
    }
    if (done)
      done =
          steps_.take("put it in the place of home, which is kept for rollback", [&] { return put_in_place(fresh); });
    return done;
  }

  const Context& context_;
  const Import& verb_;
  const layers::Stack& stack_;
  ReadManifest read_;
  Steps steps_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const Import& verb) {
  const auto trusted = load_trust(context);
  if (!trusted) {
    cli::complain(context.streams, tool, trusted.error().message());
    return ExitStatus::bad_config;
  }
  const auto lock = context.options.dry_run ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !context.options.dry_run) return report_error(context, lock.error());
  const auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  auto manifest = read_manifest(manifest_path(verb.file), verb.unsigned_home ? nullptr : &*trusted);
  if (!manifest) return report_error(context, manifest.error());
  if (verb.unsigned_home && manifest->manifest.kind != layers::LayerKind::home) {
    cli::complain(context.streams, tool, verb.file + ": only a home may come without a signature");
    return ExitStatus::no;
  }
  ImportWork work(context, verb, *stack, *std::move(manifest));
  const auto done = work.run();
  if (!context.options.dry_run) (void)layerfs::remove_tree(context.store.incoming());
  if (!done) return report_error(context, done.error());
  return work.finish();
}

ExitStatus carry_out(const Context& context, const Rollback& verb) {
  Steps steps(context);
  const auto lock = steps.is_plan() ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !steps.is_plan()) return report_error(context, lock.error());
  Result<void> done;
  if (verb.what == home_word) {
    const std::string home = context.store.home();
    if (!io::exists(context.store.home_before())) {
      cli::complain(context.streams, tool, "home: there is none before this one");
      return ExitStatus::no;
    }
    const auto mounts = layerfs::mounts_of_process();
    if (!mounts) return report_error(context, mounts.error());
    if (const std::string where = layerfs::mounted_over(*mounts, home + layers::tree_of_writable); !where.empty()) {
      cli::complain(context.streams, tool, "home is mounted at " + where + " (ga-layer unmount " + where + ")");
      return ExitStatus::no;
    }
    done = steps.take("swap home and the one before",
                      [&] { return layerfs::exchange_names(context.store.home_before(), home); });
  } else {
    const auto stack = load_stack(context);
    if (!stack) return report_error(context, stack.error());
    const auto next = layers::with_rollback(*stack, verb.what);
    if (!next) return report_error(context, next.error());
    const std::uint64_t number = layers::find_layer(*next, verb.what)->number;
    if (!io::exists(context.store.image(verb.what, number))) {
      cli::complain(context.streams, tool, context.store.image(verb.what, number) + " is not there");
      return ExitStatus::no;
    }
    done = steps.take("use release " + std::to_string(number) + " of " + verb.what,
                      [&] { return save_stack(context, *next); });
  }
  if (!done) return report_error(context, done.error());
  return steps.finish(verb.what + ": back at the one before");
}

}  // namespace ipop::ga_layer
