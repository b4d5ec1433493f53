#pragma once

#include <cstdlib>

#include <doctest/doctest.h>

namespace ipop::io {

/// Whether the program runs under qemu's emulation (cmake/arm64.cmake says so); tells `what` the emulator does
/// otherwise than a kernel, for a test that then ends.
inline bool is_emulated(const char* what) {
  if (std::getenv("GA_EMULATED") == nullptr) return false;
  MESSAGE("not under emulation: " << what);
  return true;
}

}  // namespace ipop::io
