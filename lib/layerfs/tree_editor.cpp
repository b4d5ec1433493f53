#include "layerfs/tree_editor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"

namespace ipop::layerfs {
namespace {

Result<void> remove_one(int root, const layers::Trace& trace) {
  if (trace.remedy == layers::TraceRemedy::empty) {
    const auto file = open_beneath(root, trace.path, O_WRONLY | O_NONBLOCK);
    if (!file) return file.error();
    if (::ftruncate(file->get(), 0) != 0 || ::fsync(file->get()) != 0) return path_error("emptying", trace.path);
    return {};
  }
  const auto place = place_of(root, trace.path);
  if (!place) return place.error();
  const int directory = place->directory.get();
  if (::unlinkat(directory, place->name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return path_error("removing", trace.path);
  if (::unlinkat(directory, place->name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOTEMPTY || errno == ENOENT) return {};
  return path_error("removing", trace.path);
}

}  // namespace

Result<void> remove_traces(const std::string& directory, const std::vector<layers::Trace>& traces) {
  const auto root = open_directory(directory);
  if (!root) return root.error();
  for (const layers::Trace& trace : traces)
    if (auto removed = remove_one(root->get(), trace); !removed) return removed;
  return traces.empty() ? Result<void>() : sync_file_system(directory);
}

}  // namespace ipop::layerfs
