#include "layers/stack.hpp"

#include <algorithm>
#include <array>

#include "layers/word_reader.hpp"

namespace ipop::layers {
namespace {

constexpr std::string_view stack_line = "grid-appliance layer stack 1";

StackLayer* find_in(Stack& stack, std::string_view name) {
  const auto found = std::ranges::find(stack.layers, name, &StackLayer::name);
  return found == stack.layers.end() ? nullptr : &*found;
}

Error layer_error(Errc code, std::string_view name, std::string_view what) {
  return make_error(make_error_code(code), std::string(name) + ": " + std::string(what));
}

bool is_base(const StackLayer& layer) {
  return layer.kind == LayerKind::base;
}

/// Null when the line is a layer that fits behind the others.
const char* take_layer(std::string_view line, Stack& stack) {
  std::array<std::string_view, 6> words;
  if (!split_words(line, words) || words[0] != "layer")
    return "must be layer, base or module, name, number, number before, highest number";
  StackLayer layer;
  const auto kind = parse_layer_kind(words[1]);
  if (!kind || *kind == LayerKind::home) return "the kind must be base or module";
  layer.kind = *kind;
  layer.name = words[2];
  if (!check_layer_name(layer.name)) return "a name has 1 to 32 of a-z, 0-9 and hyphens inside";
  if (!parse_number(words[3], layer.number) || !parse_number(words[4], layer.before) ||
      !parse_number(words[5], layer.highest) || layer.highest < layer.number || layer.highest < layer.before)
    return "the numbers must be whole, and the highest last";
  if (find_layer(stack, layer.name) != nullptr) return "this name stands above already";
  if (is_base(layer) && !stack.layers.empty()) return "a base must be the lowest layer";
  stack.layers.push_back(std::move(layer));
  return nullptr;
}

}  // namespace

const StackLayer* find_layer(const Stack& stack, std::string_view name) {
  const auto found = std::ranges::find(stack.layers, name, &StackLayer::name);
  return found == stack.layers.end() ? nullptr : &*found;
}

std::string to_string(const Stack& stack) {
  std::string out(stack_line);
  out += '\n';
  for (const StackLayer& layer : stack.layers)
    out += "layer " + std::string(to_string(layer.kind)) + ' ' + layer.name + ' ' + std::to_string(layer.number) + ' ' +
           std::to_string(layer.before) + ' ' + std::to_string(layer.highest) + '\n';
  if (!stack.development.empty()) out += "development " + stack.development + '\n';
  return out;
}

Result<Stack> parse_stack(std::string_view text, std::string_view file) {
  LineReader lines(text, file);
  if (lines.next() != stack_line) return lines.refuse("must be \"" + std::string(stack_line) + "\"", Errc::unsupported);
  Stack out;
  for (std::string_view line = lines.next(); !lines.ended(); line = lines.next()) {
    constexpr std::string_view development = "development ";
    if (line.starts_with(development)) {
      out.development = line.substr(development.size());
      const StackLayer* layer = find_layer(out, out.development);
      if (layer == nullptr || is_base(*layer)) return lines.refuse("no module of this name stands above");
      (void)lines.next();
      if (!lines.ended()) return lines.refuse("stands behind the last line");
      break;
    }
    if (out.layers.size() == most_layers) return lines.refuse("more than 64 layers", Errc::too_large);
    if (const char* wrong = take_layer(line, out)) return lines.refuse(wrong);
  }
  return out;
}

Result<Stack> with_release(const Stack& stack, const Manifest& manifest,
                           const std::optional<crypto::Digest256>& known) {
  Stack out = stack;
  StackLayer* layer = find_in(out, manifest.name);
  if (layer == nullptr) {
    if (out.layers.size() == most_layers)
      return layer_error(Errc::exhausted, manifest.name, "64 layers are there already");
    if (manifest.kind == LayerKind::base && !out.layers.empty() && is_base(out.layers.front()))
      return layer_error(Errc::conflict, manifest.name, "the base here is " + out.layers.front().name);
    const StackLayer added{manifest.name, manifest.kind, manifest.number, 0, manifest.number};
    out.layers.insert(manifest.kind == LayerKind::base ? out.layers.begin() : out.layers.end(), added);
    return out;
  }
  if (layer->kind != manifest.kind)
    return layer_error(Errc::conflict, manifest.name, "is a " + std::string(to_string(layer->kind)) + " here");
  if (manifest.number < layer->highest) {
    return layer_error(Errc::expired, manifest.name,
                       "release " + std::to_string(manifest.number) + " is older than " +
                           std::to_string(layer->highest) + ", which was in use here");
  }
  if (known && *known != manifest.payload)
    return layer_error(Errc::conflict, manifest.name,
                       "release " + std::to_string(manifest.number) + " is here with other octets");
  if (layer->number == manifest.number) return out;
  layer->before = layer->number;
  layer->number = layer->highest = manifest.number;
  return out;
}

Result<Stack> with_rollback(const Stack& stack, std::string_view name) {
  Stack out = stack;
  StackLayer* layer = find_in(out, name);
  if (layer == nullptr) return layer_error(Errc::not_found, name, "no such layer here");
  if (layer->before == 0) return layer_error(Errc::not_found, name, "there is no release before this one");
  layer->number = layer->before;
  layer->before = 0;
  return out;
}

Result<Stack> with_development(const Stack& stack, const std::string& name) {
  if (auto checked = check_layer_name(name); !checked) return checked.error();
  Stack out = stack;
  if (!out.development.empty() && out.development != name)
    return layer_error(Errc::conflict, name, out.development + " is worked on: end that first");
  const StackLayer* layer = find_layer(out, name);
  if (layer != nullptr && is_base(*layer))
    return layer_error(Errc::conflict, name, "is a base; a base is made as a whole");
  if (layer == nullptr) {
    if (out.layers.size() == most_layers) return layer_error(Errc::exhausted, name, "64 layers are there already");
    out.layers.push_back({name, LayerKind::module, 0, 0, 0});
  }
  out.development = name;
  return out;
}

}  // namespace ipop::layers
