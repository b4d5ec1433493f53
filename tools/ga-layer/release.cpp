#include <algorithm>

#include "cli/human.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/squashfs_image.hpp"
#include "layerfs/tree_writer.hpp"
#include "layers/traces.hpp"
#include "signing.hpp"
#include "steps.hpp"
#include "store.hpp"

namespace ipop::ga_layer {
namespace {

using cli::ExitStatus;

/// What a release is made of.
struct Source {
  std::string folder{};
  bool whole = false;  ///< the root of a machine, not a layer over one
  layerfs::Tree tree{};
  std::vector<layers::Trace> traces{};
  layers::Manifest manifest{};
};

/// Names what keeps the tree from being an image; true when nothing does.
bool complain_of(const Context& context, const std::vector<layerfs::TreeProblem>& problems) {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(problems.size(), most); ++i)
    cli::complain(context.streams, tool, layers::shown_path(problems[i].path) + ": " + problems[i].what);
  if (problems.size() > most)
    cli::complain(context.streams, tool, "and " + std::to_string(problems.size() - most) + " more");
  return problems.empty();
}

/// What squashfs has no place for. It keeps attributes of these three kinds only; an ACL would be lost without a word.
std::vector<layerfs::TreeProblem> find_unfit(const std::vector<layers::Entry>& entries) {
  std::vector<layerfs::TreeProblem> out;
  for (const layers::Entry& entry : entries) {
    for (const auto& [name, value] : entry.attributes) {
      if (name.starts_with("user.") || name.starts_with("trusted.") || name.starts_with("security.")) continue;
      const bool is_acl = name.starts_with("system.posix_acl_");
      out.push_back(
          {entry.path, is_acl ? "has an ACL, which an image can't keep (setfacl -b removes it)"
                              : "has the attribute " + layers::shown_path(name) + ", which an image can't keep"});
    }
  }
  return out;
}

std::vector<layerfs::TreeProblem> find_broken(const Source& source, const layers::MergedView& below) {
  std::vector<layerfs::TreeProblem> out;
  for (const layers::BrokenLink& link : layers::find_broken_links(source.manifest.entries, below)) {
    out.push_back({link.changed, "was changed, and its other name " + layers::shown_path(link.left_behind) +
                                     " still has the old octets (--break-links, or link it again)"});
  }
  return out;
}

/// Number, name and kind, by the store's stack.
Result<void> name_release(const layers::Stack& stack, const MakeRelease& verb, layers::Manifest& manifest) {
  if (auto name = layers::check_layer_name(verb.name); !name) return name;
  if (verb.name == home_word) return {Errc::malformed, "home is exported, not released"};
  const layers::StackLayer* layer = layers::find_layer(stack, verb.name);
  manifest.name = verb.name;
  manifest.kind = verb.base ? layers::LayerKind::base : layers::LayerKind::module;
  manifest.number = verb.number != 0 ? verb.number : (layer == nullptr ? 0 : layer->highest) + 1;
  manifest.made = io::wall_time_now();
  if (!verb.to.empty()) return {};
  // The same rules as for one that comes from elsewhere; a number that is in use can't stand for new octets.
  if (layer != nullptr && manifest.number == layer->highest)
    return {Errc::conflict, verb.name + ": release " + std::to_string(manifest.number) + " was in use here"};
  const auto next = layers::with_release(stack, manifest);
  return next ? Result<void>() : Result<void>(next.error());
}

Result<Source> read_source(const Context& context, const layers::Stack& stack, const MakeRelease& verb) {
  Source out;
  out.whole = verb.base;
  out.folder = verb.tree;
  if (auto named_it = name_release(stack, verb, out.manifest); !named_it) return named_it.error();
  if (out.folder.empty()) {
    auto folder = writable_folder(context, stack, verb.name);
    if (!folder) return std::move(folder).error();
    out.folder = *std::move(folder);
  }
  auto tree = layerfs::read_tree(out.folder, layerfs::Digests::files);
  if (!tree) return std::move(tree).error();
  out.tree = *std::move(tree);
  out.traces = layers::find_traces(out.tree.entries, out.whole);
  out.manifest.entries = layers::without_traces(out.tree.entries, out.traces);
  return out;
}

/// A copy in which every file is what its line of the manifest says.
Result<void> stage(const Source& source, const std::string& directory) {
  if (auto made = io::make_directories(directory, 0700); !made) return made;
  const auto from = layerfs::open_directory(source.folder);
  if (!from) return from.error();
  const auto to = layerfs::open_directory(directory);
  if (!to) return to.error();
  const auto& entries = source.manifest.entries;
  const auto copy = [&, copying = layerfs::copying_from(from->get())](const layers::Entry& entry,
                                                                      const layerfs::Place& place) -> Result<void> {
    if (entry.size != 0) return copying(entry, place);
    return layerfs::make_empty_file(place);
  };
  if (auto written = layerfs::write_tree(to->get(), entries, copy); !written) return written;
  const bool is_root = layerfs::rights_of_process().is_root;
  if (auto marked = layerfs::write_marks(to->get(), entries, is_root ? layerfs::Marks::both : layerfs::Marks::user);
      !marked)
    return marked;
  return layerfs::copy_times(source.folder, to->get(), entries);
}

Result<void> check_still(const Source& source) {
  const auto changed = layerfs::changed_since(source.folder, source.tree);
  if (!changed) return changed.error();
  if (changed->empty()) return {};
  std::string text = layers::shown_path(changed->front()) + " changed while the release was made";
  if (changed->size() > 1) text += ", and " + std::to_string(changed->size() - 1) + " more names";
  return {Errc::conflict, text};
}

class ReleaseWork {
 public:
  ReleaseWork(const Context& context, const MakeRelease& verb, const layers::Stack& stack, Source& source,
              const Signer& signer)
      : context_(context), verb_(verb), stack_(stack), source_(source), signer_(signer), steps_(context) {}

  Result<void> run() {
    const auto& manifest = source_.manifest;
    const std::string work = context_.store.incoming();
    const std::string image = work + "/image.squashfs";
    const std::string release = verb_.to.empty()
                                    ? context_.store.release(manifest.name, manifest.number)
                                    : verb_.to + '/' + manifest.name + '-' + std::to_string(manifest.number);
    auto done = steps_.take("copy " + std::to_string(manifest.entries.size()) + " names of " + source_.folder + " (" +
                                cli::human_octets(layers::octets_of_files(manifest.entries)) + "), without " +
                                std::to_string(source_.traces.size()) + " traces of this machine",
                            [&] { return stage(source_, work + "/tree"); });
    if (done) done = steps_.take("see that nothing changed meanwhile", [&] { return check_still(source_); });
    if (done) {
      done = steps_.take("make an image of the copy",
                         [&] { return layerfs::make_squashfs(work + "/tree", image, manifest.made, verb_.level); });
    }
    if (done)
      done =
          steps_.take("compare the image with the list", [&] { return check_image(image, manifest, work + "/look"); });
    if (done)
      done = steps_.take("sign release " + std::to_string(manifest.number) + " as " + signer_.certificate.common_name(),
                         [&] { return sign(image); });
    if (done) {
      done = steps_.take("put it at " + release + ".squashfs and .manifest", [&] { return put(image, release); });
    }
    if (done && verb_.to.empty()) done = use();
    return done;
  }

  ExitStatus finish() {
    return steps_.finish(source_.manifest.name + ": release " + std::to_string(source_.manifest.number) + ", " +
                         cli::human_octets(source_.manifest.payload_size) + ", " +
                         std::to_string(source_.manifest.entries.size()) + " names, without " +
                         std::to_string(source_.traces.size()) + " traces of this machine");
  }

 private:
  Result<void> sign(const std::string& image) {
    const auto sum = layerfs::sum_of_file(image);
    if (!sum) return sum.error();
    source_.manifest.payload_size = sum->size;
    source_.manifest.payload = sum->digest;
    text_ = layers::sign_manifest(layers::to_string(source_.manifest), signer_.key, signer_.certificate);
    return {};
  }

  /// The manifest last: an image without one is no release.
  Result<void> put(const std::string& image, const std::string& release) {
    if (auto made = io::make_directories(release.substr(0, release.rfind('/')), 0755); !made) return made;
    const std::string to = release + ".squashfs";
    if (verb_.to.empty()) {
      if (auto moved = io::rename_file(image, to); !moved) return moved;
    } else {
      // Another file system, perhaps.
      const auto copied = layerfs::copy_file(image, to + ".new", ~std::uint64_t{0} >> 1U);
      if (!copied) return copied.error();
      if (auto moved = io::rename_file(to + ".new", to); !moved) return moved;
    }
    return io::write_file_atomically(release + ".manifest", text_, 0644);
  }

  Result<void> use() {
    auto next = layers::with_release(stack_, source_.manifest);
    if (!next) return std::move(next).error();
    const bool was_worked_on = next->development == source_.manifest.name;
    next->development.clear();
    const std::string folder = context_.store.development(source_.manifest.name);
    const bool is_folder = was_worked_on && source_.folder == folder + layers::tree_of_writable;
    auto done = steps_.take("use it", [&]() -> Result<void> {
      // A folder that stays, for whatever reason, is told from one that is older than the release.
      if (is_folder) {
        if (auto noted = note_work_began_from(context_, source_.manifest.name, source_.manifest.number); !noted)
          return noted;
      }
      return save_stack(context_, *next);
    });
    if (!done || !is_folder) return done;
    const auto mounts = layerfs::mounts_of_process();
    if (!mounts) return mounts.error();
    // While it is mounted it stays; the next `dev` goes on from it.
    if (!layerfs::mounted_over(*mounts, source_.folder).empty()) return done;
    // The next `dev` would go on from half of it.
    return steps_.take("remove " + folder + ", which is in the release",
                       [&] { return layerstore::remove_at_once(context_, folder); });
  }

  const Context& context_;
  const MakeRelease& verb_;
  const layers::Stack& stack_;
  Source& source_;
  const Signer& signer_;
  Steps steps_;
  std::string text_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const MakeRelease& verb) {
  const auto signer = load_signer(verb.signing);
  if (!signer) {
    cli::complain(context.streams, tool, signer.error().message());
    return ExitStatus::bad_config;
  }
  const auto lock = context.options.dry_run ? Result<io::DirectoryLock>(Errc::not_found) : open_store(context);
  if (!lock && !context.options.dry_run) return report_error(context, lock.error());
  const auto stack = load_stack(context);
  if (!stack) return report_error(context, stack.error());
  auto source = read_source(context, *stack, verb);
  if (!source) return report_error(context, source.error());
  // What an ordinary user makes belongs to root in the image.
  if (!layerfs::rights_of_process().is_root) {
    for (layers::Entry& entry : source->manifest.entries)
      entry.uid = entry.gid = 0;
  }
  bool fit = complain_of(context, source->tree.problems);
  fit = complain_of(context, find_unfit(source->manifest.entries)) && fit;
  if (!verb.break_links && verb.tree.empty()) {
    const auto below = view_below(context, *stack, verb.name);
    if (!below) return report_error(context, below.error());
    fit = complain_of(context, find_broken(*source, *below)) && fit;
  }
  if (!fit) return ExitStatus::no;

  ReleaseWork work(context, verb, *stack, *source, *signer);
  const auto done = work.run();
  if (!context.options.dry_run) (void)layerfs::remove_tree(context.store.incoming());
  if (!done) return report_error(context, done.error());
  return work.finish();
}

}  // namespace ipop::ga_layer
