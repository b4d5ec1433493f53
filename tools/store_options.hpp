#pragma once

// The options of programs that work in a store of layers. Includes CLI11, so only an options.cpp includes it.

#include <CLI/CLI.hpp>

#include "layerstore/layer_store.hpp"

namespace ipop::tools {

/// Adds --store, --trust, --group and --groups: where the layers are, and whose signatures count there.
inline void add_store_options(CLI::App& app, layerstore::Places& places) {
  app.add_option("--store", places.store.root, "Where the layers are (/var/lib/ga/layers)")->type_name("DIR");
  app.add_option("--trust", places.trust, "Certificates whose signatures count (/etc/ga/layers/trust)")
      ->type_name("DIR");
  app.add_option("--group", places.group, "The signature of this group's authority counts too")->type_name("GROUP");
  app.add_option("--groups", places.groups, "Where the groups' files are (/etc/ipop)")->type_name("DIR");
}

}  // namespace ipop::tools
