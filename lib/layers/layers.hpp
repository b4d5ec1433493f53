#pragma once

// The layers of an appliance as values: what is in one, who signed it, what it changes below it, and what has to be
// done to lay one over another. Nothing here reads a file or mounts anything: lib/layerfs does.
//
//   entry.hpp       one name of a tree, and the rules for a list of them
//   manifest.hpp    the list of a release: name, number, payload, entries
//   envelope.hpp    the signature around a manifest, and whose it may be
//   merged_view.hpp what is seen where several layers lie over one another; difference.hpp compares with it
//   stack.hpp       which releases a machine uses, and which one may follow which
//   mount_plan.hpp  the steps from a stack to a mounted tree
//   traces.hpp      what a machine leaves behind that names it

#include "layers/difference.hpp"
#include "layers/entry.hpp"
#include "layers/envelope.hpp"
#include "layers/manifest.hpp"
#include "layers/merged_view.hpp"
#include "layers/mount_plan.hpp"
#include "layers/stack.hpp"
#include "layers/traces.hpp"
