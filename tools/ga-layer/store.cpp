#include "store.hpp"

#include <cstdlib>

#include "io/file.hpp"

namespace ipop::ga_layer {

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

}  // namespace ipop::ga_layer
