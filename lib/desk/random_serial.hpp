#pragma once

#include "base/bytes.hpp"
#include "io/system_rng.hpp"

namespace ipop::desk {

/// A serial number for a certificate that is to be signed.
inline Bytes random_serial() {
  io::SystemRng rng;
  Bytes out(16);
  rng.fill(out);
  return out;
}

}  // namespace ipop::desk
