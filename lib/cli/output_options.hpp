#pragma once

#include "cli/streams.hpp"

namespace ipop::cli {

/// How results are written: for a person (neither), as JSON, or tab-separated.
struct OutputOptions {
  bool json = false;
  bool plain = false;
  ColorChoice color = ColorChoice::automatic;
};

}  // namespace ipop::cli
