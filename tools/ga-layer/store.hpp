#pragma once

#include <string>

#include "layers/merged_view.hpp"
#include "layers/stack.hpp"
#include "layerstore/layerstore.hpp"
#include "verbs.hpp"

namespace ipop::ga_layer {

using layerstore::check_image;
using layerstore::manifest_path;
using layerstore::named;
using layerstore::payload_path;
using layerstore::read_manifest;
using layerstore::ReadManifest;
using layerstore::unpack_release;

/// All layers of the stack below `name` as they are seen; below home and what is worked on, all others.
Result<layers::MergedView> view_below(const Context& context, const layers::Stack& stack, const std::string& name);

/// The folder to which a module that is worked on, or home, is written. Errors: not_found.
Result<std::string> writable_folder(const Context& context, const layers::Stack& stack, const std::string& name);

/// The release from which the work on a module went out, or in which it is; 0 for none. It is kept in the module's
/// folder.
std::uint64_t work_began_from(const Context& context, const std::string& module);
Result<void> note_work_began_from(const Context& context, const std::string& module, std::uint64_t number);

}  // namespace ipop::ga_layer
