#pragma once

// A store of layers as files, for the programs that work in one: what lies where is lib/layers' (StoreLayout), trees,
// images and mounts are lib/layerfs'. Here both come together: whom a machine trusts, what comes into a store and goes
// out of it. Nothing here decides whether a release may be used.
//
//   layer_store.hpp      the stack, images and their manifests in a store
//   trusted_manifest.hpp manifests whose signatures were looked at first

#include "layerstore/layer_store.hpp"
#include "layerstore/trusted_manifest.hpp"
